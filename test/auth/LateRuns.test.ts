import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { IdempotencyKey } from "../../src/auth/IdempotencyKey.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { newId } from "../../src/runtime/SecureRandom.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { isLive, kindsOf, sessionsOf } from "./Events.ts"
import { type Execute, interposedClient } from "./ScriptedClient.ts"

/** Every statement that was run, to be run again. */
const statements: Array<readonly [string, ReturnType<Execute>]> = []

const remembering = interposedClient((statement, text) => {
  statements.push([text, statement])
  return statement
})

/** So slow to recover that a busy machine changes no count. */
const limits = { account: { free: 5, first: "1 hour", longest: "10 hours" } } as const

const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.off, Throttle.layer(limits), cheapPasswords)),
  Layer.provideMerge(remembering),
  Layer.provideMerge(TestDatabase.layer)
)

/** Runs an effect, and answers with the statement of it that has such a part, as it comes to pass late. */
const withLate = <A, E, R>(effect: Effect.Effect<A, E, R>, part: string) =>
  Effect.gen(function* () {
    statements.length = 0
    const value = yield* effect
    const found = statements.filter(([text]) => text.includes(part))
    expect(found).toHaveLength(1)
    return [value, Effect.all(found.map(([, statement]) => statement))] as const
  })

const beginsSession = "insert into sessions"

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "what comes to pass once more, late",
  (it) => {
    it.effect("a sign-in does not bring back the session that was ended since", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const person = credentials("leaver@example.com")
        const { user } = yield* accounts.signUp(person)
        const [signedIn, late] = yield* withLate(accounts.signIn(person), beginsSession)
        yield* late
        expect(yield* isLive(signedIn.sessionToken)).toBe(true)
        yield* sessions.revoke(signedIn.sessionToken)
        yield* late
        expect(yield* isLive(signedIn.sessionToken)).toBe(false)
        expect(yield* sessionsOf(user.id)).toHaveLength(1)
        expect(yield* kindsOf(user.id)).toEqual(["sign-up", "sign-in", "sign-out"])
      })
    )

    it.effect("a sign-in forgets no wrong password that came since", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const person = credentials("besieged@example.com")
        yield* accounts.signUp(person)
        const [, late] = yield* withLate(accounts.signIn(person), beginsSession)
        const guess = Effect.flip(accounts.signIn(credentials(person.email, "a wrong guess")))
        yield* Effect.replicateEffect(guess, 5)
        yield* late
        expect((yield* guess)._tag).toBe("Throttled")
      })
    )

    it.effect("the end of all other sessions ends none that has begun since", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const person = credentials("cautious@example.com")
        const { session, sessionToken } = yield* accounts.signUp(person)
        const other = yield* accounts.signIn(person)
        const [, late] = yield* withLate(sessions.revokeOthers(session), "delete from sessions")
        expect(yield* isLive(other.sessionToken)).toBe(false)
        const newer = yield* accounts.signIn(person)
        yield* late
        expect(yield* isLive(newer.sessionToken)).toBe(true)
        expect(yield* isLive(sessionToken)).toBe(true)
      })
    )

    it.effect(
      "a new password ends no session that has begun with it, nor begins its own again",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const sessions = yield* Sessions
          const person = credentials("changing@example.com")
          const next = credentials(person.email, "another password")
          const { user } = yield* accounts.signUp(person)
          const change = accounts.changePassword(user, {
            current: person.password,
            next: next.password
          })
          const [changed, late] = yield* withLate(change, beginsSession)
          const newer = yield* accounts.signIn(next)
          yield* late
          expect(yield* isLive(changed.sessionToken)).toBe(true)
          yield* sessions.revoke(changed.sessionToken)
          yield* late
          expect(yield* isLive(changed.sessionToken)).toBe(false)
          expect(yield* isLive(newer.sessionToken)).toBe(true)
        })
    )

    it.effect("a sign-up does not bring back the account that was deleted since", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const person = credentials("deleted@example.com")
        const [{ user }, late] = yield* withLate(accounts.signUp(person), beginsSession)
        yield* accounts.deleteAccount(user, person.password)
        yield* late
        expect(yield* sql`select id from users where email = ${person.email}`).toEqual([])
        expect(yield* kindsOf(user.id)).toEqual(["sign-up", "account-deleted"])
      })
    )

    it.effect("a sign-up that was refused makes no account once its address is free", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const person = credentials("vacated@example.com")
        const { user } = yield* accounts.signUp(person)
        const [error, late] = yield* withLate(Effect.flip(accounts.signUp(person)), beginsSession)
        expect(error._tag).toBe("EmailTaken")
        yield* accounts.deleteAccount(user, person.password)
        yield* late
        expect(yield* sql`select id from users where email = ${person.email}`).toEqual([])
      })
    )

    it.effect("a sign-up that was sent again brings back no account that was deleted since", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const person = credentials("sent-twice@example.com")
        const options = { idempotencyKey: Schema.decodeSync(IdempotencyKey)("of-a-deleted-form") }
        const { user } = yield* accounts.signUp(person, options)
        const [, late] = yield* withLate(accounts.signUp(person, options), "insert into users")
        yield* accounts.deleteAccount(user, person.password)
        yield* late
        expect(yield* sql`select id from users where email = ${person.email}`).toEqual([])
      })
    )

    it.effect(
      "a proof that was refused for an address that is taken does nothing once it is free",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const sql = yield* SqlClient.SqlClient
          const mover = yield* accounts.signUp(credentials("mover@example.com"))
          const owner = yield* accounts.signUp(credentials("wanted@example.com"))
          const token = yield* OneTimeToken.generate
          const letterId = yield* newId
          yield* sql`update users set email_change = ${letterId}::uuid where id = ${mover.user.id}`
          yield* sql`
          insert into one_time_tokens
            (token_digest, purpose, user_id, email, password_version, mail_id, expires)
          values (${OneTimeToken.digest(token)}, 'change-email', ${mover.user.id}, ${owner.user.email},
                  0, ${letterId}, now() + interval '1 day')`
          statements.length = 0
          expect((yield* Effect.flip(accounts.proveEmail(token)))._tag).toBe("EmailTaken")
          const [[, late] = ["", Effect.die("no statement")]] = statements.filter(([text]) =>
            text.includes("replaced as (")
          )
          yield* accounts.deleteAccount(owner.user, credentials(owner.user.email).password)
          yield* late
          const [row] = yield* sql`select email from users where id = ${mover.user.id}`
          expect(row).toEqual({ email: "mover@example.com" })
          yield* accounts.proveEmail(token)
          const [moved] = yield* sql`select email from users where id = ${mover.user.id}`
          expect(moved).toEqual({ email: "wanted@example.com" })
        })
    )

    it.effect("the session of a sign-up that was sent again stays ended", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const person = credentials("repeating@example.com")
        const options = { idempotencyKey: Schema.decodeSync(IdempotencyKey)("of-a-late-form") }
        yield* accounts.signUp(person, options)
        const [again, late] = yield* withLate(accounts.signUp(person, options), "for share")
        yield* sessions.revoke(again.sessionToken)
        yield* late
        expect(yield* isLive(again.sessionToken)).toBe(false)
      })
    )
  }
)
