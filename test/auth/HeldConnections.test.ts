import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { busyLife } from "./BusyLife.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { deliver, Mailbox } from "./Mailbox.ts"

/** With one connection, this waits in vain if whoever does it holds that. */
const needsTheConnection = Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`select 1`))

const greedyPasswords = Layer.effect(
  Passwords,
  Effect.gen(function* () {
    const { hash, verify } = yield* Passwords
    const sql = yield* SqlClient.SqlClient
    const first = Effect.provideService(needsTheConnection, SqlClient.SqlClient, sql)
    return {
      hash: (password) => Effect.zipRight(first, hash(password)),
      verify: (password, stored) => Effect.zipRight(first, verify(password, stored))
    }
  })
).pipe(Layer.provide(cheapPasswords))

const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provide([
    greedyPasswords,
    Throttle.layer(),
    Outbox.layer((letter) => Effect.zipRight(needsTheConnection, deliver(letter)))
  ]),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.client({ maxConnections: 1, acquireTimeout: "5 seconds" }))
)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("one connection", (it) => {
  it.effect(
    "is enough for everything: none is held while a password is hashed or a letter sent",
    () => Effect.map(busyLife, ({ live }) => expect(live).toHaveLength(3))
  )
})
