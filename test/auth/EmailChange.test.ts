import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import type { User } from "../../src/auth/User.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { addressOf, ask, follow, lettersTo } from "./AddressChange.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { deliver, Mailbox, nextLetter, nextToken } from "./Mailbox.ts"
import { type Execute, interposedClient } from "./ScriptedClient.ts"

/** The statements that asked for another address, to be run again. */
const requests: Array<ReturnType<Execute>> = []

const remembering = interposedClient((statement, text) => {
  if (text.includes("wanted as (")) requests.push(statement)
  return statement
})

const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.layer(deliver), Throttle.off, cheapPasswords)),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(remembering),
  Layer.provideMerge(TestDatabase.layer)
)

const signUp = (address: string) =>
  Effect.flatMap(Accounts, (accounts) =>
    Effect.map(accounts.signUp(credentials(address)), ({ user }) => user)
  )

/** Someone whose address is proven. */
const proven = (address: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const user = yield* signUp(address)
    yield* accounts.proveEmail(yield* nextToken("VerifyEmail", address))
    return user
  })

/** The token of the letter that asking for an address has sent to it. */
const asked = (user: User, address: string) =>
  Effect.zipRight(ask(user, address), nextToken("ConfirmEmailChange", address))

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "of the links that change an address",
  (it) => {
    it.effect("only that to the last address that was asked for is good", () =>
      Effect.gen(function* () {
        const user = yield* signUp("owner@example.com")
        const mistyped = yield* asked(user, "mistyped@example.com")
        const meant = yield* asked(user, "meant@example.com")
        expect(yield* follow(mistyped)).toBe("TokenInvalid")
        expect(yield* follow(meant)).toBe("done")
        expect(yield* follow(mistyped)).toBe("TokenInvalid")
        expect(yield* addressOf(user)).toBe("meant@example.com")
      })
    )

    it.effect("none is good once the address is asked for that there is", () =>
      Effect.gen(function* () {
        const user = yield* signUp("content@example.com")
        const token = yield* asked(user, "regretted@example.com")
        yield* ask(user, "content@example.com")
        expect(yield* follow(token)).toBe("TokenInvalid")
        expect(yield* addressOf(user)).toBe("content@example.com")
      })
    )

    it.effect("none is good once an address is asked for that is another's", () =>
      Effect.gen(function* () {
        const user = yield* signUp("hopeful@example.com")
        const other = yield* signUp("occupied@example.com")
        const token = yield* asked(user, "free@example.com")
        yield* ask(user, other.email)
        expect(yield* follow(token)).toBe("TokenInvalid")
      })
    )

    it.effect("none is good that was asked for before the database knew which is the last", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const user = yield* signUp("early@example.com")
        const token = yield* asked(user, "earlier@example.com")
        yield* sql`update users set email_change = null where id = ${user.id}`
        expect(yield* follow(token)).toBe("TokenInvalid")
        expect(yield* follow(yield* asked(user, "earlier@example.com"))).toBe("done")
      })
    )

    it.effect("a request that comes to pass once more, late, makes no earlier one good again", () =>
      Effect.gen(function* () {
        const user = yield* signUp("patient@example.com")
        requests.length = 0
        const mistyped = yield* asked(user, "late-typo@example.com")
        const [late] = requests
        const meant = yield* asked(user, "late-meant@example.com")
        expect(requests).toHaveLength(2)
        if (late !== undefined) yield* late
        expect(yield* follow(mistyped)).toBe("TokenInvalid")
        expect(yield* follow(meant)).toBe("done")
        if (late !== undefined) yield* late
        expect(yield* follow(mistyped)).toBe("TokenInvalid")
        expect(yield* addressOf(user)).toBe("late-meant@example.com")
      })
    )

    it.effect("requests at once end each other, and none waits for another in a circle", () =>
      Effect.gen(function* () {
        const user = yield* signUp("hasty@example.com")
        const addresses = Array.from({ length: 20 }, (_, index) => `hasty-${index}@example.com`)
        yield* Effect.forEach(addresses, (address) => ask(user, address), {
          concurrency: "unbounded"
        })
        const sql = yield* SqlClient.SqlClient
        const pending = sql`
          select from one_time_tokens o join users u on u.email_change = o.mail_id
          where u.id = ${user.id}`
        yield* lettersTo("hasty@example.com")
        expect(yield* pending).toHaveLength(1)
        expect(yield* follow(yield* asked(user, "hasty-last@example.com"))).toBe("done")
      })
    )
  }
)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "an address that was replaced",
  (it) => {
    it.effect("is told so at that moment, if it was proven", () =>
      Effect.gen(function* () {
        const user = yield* proven("replaced@example.com")
        const token = yield* asked(user, "replacing@example.com")
        expect(yield* lettersTo("replaced@example.com")).toEqual(["VerifyEmail", "KeepEmail"])
        yield* follow(token)
        yield* nextLetter("EmailChanged", "replaced@example.com")
        expect(yield* lettersTo("replacing@example.com")).toEqual(["ConfirmEmailChange"])
      })
    )

    it.effect("is not told so where anybody may have typed it, nor of a link that is no good", () =>
      Effect.gen(function* () {
        const typed = yield* signUp("typed@example.com")
        yield* follow(yield* asked(typed, "typed-over@example.com"))
        expect(yield* lettersTo("typed@example.com")).not.toContain("EmailChanged")
        const user = yield* proven("kept@example.com")
        const superseded = yield* asked(user, "not-this@example.com")
        yield* ask(user, "kept@example.com")
        yield* follow(superseded)
        expect(yield* lettersTo("kept@example.com")).not.toContain("EmailChanged")
      })
    )
  }
)
