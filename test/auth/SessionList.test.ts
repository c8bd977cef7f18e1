import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { SessionInvalid } from "../../src/auth/AuthError.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { requester } from "./Requesters.ts"

const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provide(instantPasswords),
  Layer.provideMerge(TestDatabase.layer)
)

/** Someone with three sessions, the first of which began with their sign-up. */
const withThree = (name: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const known = credentials(`${name}@example.com`)
    const first = yield* accounts.signUp(known, { requester: requester() })
    const second = yield* accounts.signIn(known, { requester: requester(2, "Phone/2.0") })
    const third = yield* accounts.signIn(known)
    return { user: first.user, first, second, third }
  })

const eventsOf = (userId: string, kind: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      select session_id, address, user_agent from audit_events
      where user_id = ${userId} and kind = ${kind}`
  )

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("the list of sessions", (it) => {
  it.effect("has the newest first, with where each began, and never a token", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { first, second, third, user } = yield* withThree("listed")
      const listed = yield* sessions.list(user.id)
      expect(listed.map(({ id }) => id)).toEqual([
        third.session.id,
        second.session.id,
        first.session.id
      ])
      expect(listed[2]).toMatchObject({
        createdAt: user.createdAt,
        lastSeen: user.createdAt,
        expires: first.session.expires,
        userAgent: "Browser/1.0",
        address: "198.51.100.0/24"
      })
      expect(listed[1]?.userAgent).toBe("Phone/2.0")
      expect(listed[0]).toMatchObject({ userAgent: null, address: null })
      const digest = Buffer.from(SessionToken.digest(first.sessionToken)).toString("hex")
      const text = JSON.stringify(listed)
      expect(text).not.toContain(Redacted.value(first.sessionToken))
      expect(text).not.toContain(digest)
    })
  )

  it.effect("has a user agent of at most 256 characters, and none that control a terminal", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const sessions = yield* Sessions
      const hostile = `\u0000\u001b[31m${"🦊".repeat(300)}`
      const { user } = yield* accounts.signUp(credentials("agent@example.com"), {
        requester: requester(1, hostile)
      })
      const [only] = yield* sessions.list(user.id)
      expect(only?.userAgent).toBe(`[31m${"🦊".repeat(252)}`)
    })
  )
})

/** Sessions that began so long ago, one a minute, and were last used so long ago. */
const older = (userId: string, count: number, age: string, unusedFor = "0 s") =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      insert into sessions (id, user_id, token_digest, expires, created_at, last_seen)
      select gen_random_uuid(), ${userId}::uuid, sha256(gen_random_uuid()::text::bytea),
             now() + interval '1 day', now() - ${age}::interval - i * interval '1 minute',
             now() - ${unusedFor}::interval
      from generate_series(1, ${count}::int) i`
  )

const countOf = (userId: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`select count(*)::int from sessions where user_id = ${userId}`
  )

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "the sessions of one account",
  (it) => {
    it.effect("are listed to a hundred, so that a long list holds nobody else up", () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const { first, second, third, user } = yield* withThree("collector")
        yield* older(user.id, 5000, "1 hour")
        const listed = yield* sessions.list(user.id)
        expect(listed).toHaveLength(100)
        expect(listed.slice(0, 3).map(({ id }) => id)).toEqual(
          [third, second, first].map(({ session }) => session.id)
        )
      })
    )

    it.effect("stay a hundred: a sign-in ends the oldest beyond, and those unused for long", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const { third, user } = yield* withThree("hoarder")
        const stranger = yield* withThree("hoarder-next-door")
        yield* older(user.id, 150, "1 hour")
        yield* older(user.id, 150, "1 minute", "2 days")
        const { sessionToken } = yield* accounts.signIn(credentials("hoarder@example.com"))
        yield* sessions.validate(sessionToken)
        yield* sessions.validate(third.sessionToken)
        expect(yield* countOf(user.id)).toEqual([{ count: 100 }])
        expect(yield* sessions.list(user.id)).toHaveLength(100)
        expect(yield* sessions.list(stranger.user.id)).toHaveLength(3)
      })
    )

    it.effect("stay a hundred after many sign-ins at once, none of which fails", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* withThree("crowd")
        const known = credentials("crowd@example.com")
        yield* older(user.id, 120, "1 hour")
        yield* Effect.all(
          Array.from({ length: 120 }, () => accounts.signIn(known)),
          { concurrency: 20 }
        )
        yield* accounts.signIn(known)
        expect(yield* countOf(user.id)).toEqual([{ count: 100 }])
      })
    )
  }
)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("revoking", (it) => {
  it.effect(
    "one session by its id ends that one, leaves the others, and is written down once",
    () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const { first, second, third, user } = yield* withThree("one-of-three")
        yield* sessions.revokeById(user.id, second.session.id, requester(7))
        yield* sessions.revokeById(user.id, second.session.id, requester(7))
        expect(yield* Effect.flip(sessions.validate(second.sessionToken))).toEqual(
          new SessionInvalid()
        )
        yield* sessions.validate(first.sessionToken)
        yield* sessions.validate(third.sessionToken)
        expect(yield* eventsOf(user.id, "session-revoked")).toEqual([
          { session_id: second.session.id, address: "198.51.100.0/24", user_agent: "Browser/1.0" }
        ])
      })
  )

  it.effect("a session of somebody else's does nothing", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const mine = yield* withThree("mine")
      const theirs = yield* withThree("theirs")
      yield* sessions.revokeById(mine.user.id, theirs.first.session.id)
      yield* sessions.validate(theirs.first.sessionToken)
      expect(yield* eventsOf(mine.user.id, "session-revoked")).toEqual([])
    })
  )

  it.effect("all others leaves exactly the session that asks, and other users' alone", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { second, user } = yield* withThree("others")
      const stranger = yield* withThree("stranger")
      yield* sessions.revokeOthers(second.session)
      expect((yield* sessions.list(user.id)).map(({ id }) => id)).toEqual([second.session.id])
      expect(yield* sessions.list(stranger.user.id)).toHaveLength(3)
      expect(yield* eventsOf(user.id, "other-sessions-revoked")).toHaveLength(1)
    })
  )

  it.effect("a token is a sign-out, written down once however often it is repeated", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { first, user } = yield* withThree("out")
      for (const _ of Array.from({ length: 3 })) yield* sessions.revoke(first.sessionToken)
      expect(yield* eventsOf(user.id, "sign-out")).toHaveLength(1)
    })
  )
})
