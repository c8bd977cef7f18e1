import { randomUUID } from "node:crypto"
import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { authSchema } from "../../src/auth/authSchema.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { serverFacts } from "../../src/cli/check/ServerFacts.ts"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { busyLife } from "./BusyLife.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { deliver, Mailbox } from "./Mailbox.ts"

/** A role that may do with the tables what the service does, and nothing to what has happened. */
const restricted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const role = `auditor_${randomUUID().slice(0, 8)}`
  yield* Effect.acquireRelease(
    sql.unsafe(`
      create role ${role} login password 'only';
      grant select, insert, update, delete on all tables in schema public to ${role};
      revoke update, delete on audit_events from ${role}`),
    () => Effect.orDie(sql.unsafe(`drop owned by ${role}; drop role ${role}`))
  )
  const address = new URL(Redacted.value((yield* TestDatabase).url))
  address.username = role
  address.password = "only"
  return PgClient.layer({ url: Redacted.make(address.href) })
})

const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provide([cheapPasswords, Throttle.layer(), Outbox.layer(deliver)]),
  Layer.provideMerge(Mailbox.layer)
)

it.live("the service works without the right to change or delete what has happened", () =>
  Effect.gen(function* () {
    const client = yield* restricted
    yield* Effect.gen(function* () {
      const { live } = yield* busyLife
      assert.lengthOf(live, 3)
      const sql = yield* SqlClient.SqlClient
      const error = yield* Effect.flip(sql`delete from audit_events`)
      assert.match(error.message, /42501/)
      const { unusable } = yield* serverFacts(yield* sql.reserve, authSchema.tables, [])
      assert.deepStrictEqual(unusable, [])
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(auth, client)))
  }).pipe(Effect.scoped, Effect.provide(TestDatabase.layer))
)
