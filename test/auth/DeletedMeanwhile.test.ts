import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { eventually } from "../support/Backends.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail, Mailbox, nextLetter, nextToken } from "./Mailbox.ts"

/** Runs the effect while the user's deletion is under way, and lets that be committed only then. */
const whileDeleted = <A, E, R>(address: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const begun = yield* Deferred.make<void>()
    const goOn = yield* Deferred.make<void>()
    const deletion = yield* Effect.fork(
      sql.withTransaction(
        sql`delete from users where email = ${address}`.pipe(
          Effect.zipRight(Deferred.succeed(begun, undefined)),
          Effect.zipRight(Deferred.await(goOn))
        )
      )
    )
    yield* Deferred.await(begun)
    const running = yield* Effect.fork(Effect.exit(effect))
    const blocked = sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    yield* Effect.iterate(0, {
      while: (rows) => rows === 0,
      body: () =>
        Effect.delay(
          Effect.map(blocked, (rows) => rows.length),
          "20 millis"
        )
    })
    yield* Deferred.succeed(goOn, undefined)
    yield* Fiber.join(deletion)
    return yield* Fiber.join(running)
  })

/** Until the outbox is empty. */
const posted = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  eventually(
    0,
    Effect.map(sql`select id from outbox`, (rows) => rows.length)
  )
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "an account that is deleted at the same moment",
  (it) => {
    const signUp = (address: string) =>
      Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(address)))

    /** Once its letter is out: what delivers that would wait for the deletion, too. */
    const toldOf = (address: string) =>
      Effect.zipLeft(signUp(address), Effect.zipRight(nextLetter("VerifyEmail", address), posted))

    it.effect("is asked for a reset like one that nobody has", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* toldOf("gone-reset@example.com")
        const exit = yield* whileDeleted(user.email, accounts.requestPasswordReset(user.email))
        expect(exit).toEqual(Exit.void)
      })
    )

    it.effect("leaves its address free for a sign-up that a letter decides", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* toldOf("gone-sign-up@example.com")
        const exit = yield* whileDeleted(
          user.email,
          accounts.requestSignUp(credentials(user.email))
        )
        expect(exit).toEqual(Exit.void)
      })
    )

    it.effect("has no address to be proven", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* toldOf("gone-proof@example.com")
        const exit = yield* whileDeleted(user.email, accounts.requestEmailProof(user))
        expect(exit).toEqual(Exit.void)
      })
    )

    it.effect("is told of the password that was changed just before", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const robbed = credentials("gone-robbed@example.com")
        const { user } = yield* signUp(robbed.email)
        yield* nextLetter("VerifyEmail", robbed.email)
        const { password: next } = credentials(robbed.email, "of the thief")
        yield* accounts.changePassword(user, { current: robbed.password, next })
        yield* accounts.deleteAccount(user, next)
        yield* nextLetter("PasswordChanged", robbed.email)
      })
    )

    it.effect("is told so, once its address is proven", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const known = credentials("gone-proven@example.com")
        const { user } = yield* signUp(known.email)
        yield* accounts.proveEmail(yield* nextToken("VerifyEmail", known.email))
        yield* accounts.deleteAccount(user, known.password)
        yield* nextLetter("AccountDeleted", known.email)
      })
    )

    it.effect("is not told so at an address that anybody may have typed", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const typed = credentials("gone-typed@example.com")
        for (const _ of Array.from({ length: 3 })) {
          const { user } = yield* signUp(typed.email)
          yield* nextLetter("VerifyEmail", typed.email)
          yield* accounts.deleteAccount(user, typed.password)
        }
        const { user } = yield* signUp("gone-last@example.com")
        yield* nextLetter("VerifyEmail", user.email)
        const { all } = yield* Mailbox
        const told = all.filter(({ recipient }) => recipient === typed.email)
        expect(told.map(({ _tag }) => _tag)).not.toContain("AccountDeleted")
      })
    )
  }
)
