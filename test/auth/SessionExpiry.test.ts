import { SqlClient } from "@effect/sql"
import { expect, it, layer } from "@effect/vitest"
import { DateTime, Effect, Layer, TestClock } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { SessionInvalid } from "../../src/auth/AuthError.ts"
import type { Session } from "../../src/auth/Session.ts"
import { SessionExpiry } from "../../src/auth/SessionExpiry.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { eventually } from "../support/Backends.ts"
import { captured, settled } from "../support/Captured.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { scriptedClient, serverError } from "./ScriptedClient.ts"

const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provide(SessionExpiry.layer({ idle: "10 hours", absolute: "3 days" })),
  Layer.provide(instantPasswords),
  Layer.provideMerge(TestDatabase.layer)
)

const signedUp = (name: string) =>
  Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(`${name}@example.com`)))

/** Lets a session's past have been so many minutes longer. */
const aged = ({ id }: Session, minutes: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      update sessions set expires = expires - make_interval(mins => ${minutes}),
        created_at = created_at - make_interval(mins => ${minutes}),
        last_seen = last_seen - make_interval(mins => ${minutes}) where id = ${id}`
  )

/** How many seconds ago the database last saw a session. */
const lastSeenAgo = ({ id }: Session) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ ago: number }>`
      select extract(epoch from now() - last_seen)::int as ago from sessions where id = ${id}`
    return row?.ago ?? -1
  })

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("a session", (it) => {
  it.effect("ends when it was not used for the idle time", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session, sessionToken } = yield* signedUp("idle")
      yield* aged(session, 10 * 60)
      expect(yield* Effect.flip(sessions.validate(sessionToken))).toEqual(new SessionInvalid())
      expect(yield* sessions.list(session.userId)).toEqual([])
    })
  )

  it.effect("lives on when it is used, and says so in its expiry", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session, sessionToken } = yield* signedUp("used")
      for (const _ of Array.from({ length: 5 })) {
        yield* aged(session, 9 * 60)
        yield* sessions.validate(sessionToken)
        yield* eventually(0, lastSeenAgo(session))
      }
      const later = yield* sessions.validate(sessionToken)
      expect(DateTime.greaterThan(later.session.expires, session.expires)).toBe(true)
    })
  )

  it.effect("ends at its absolute expiry, however much it is used", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const sql = yield* SqlClient.SqlClient
      const { session, sessionToken } = yield* signedUp("absolute")
      yield* aged(session, 3 * 24 * 60 - 60)
      yield* sql`update sessions set last_seen = now() where id = ${session.id}`
      const found = yield* sessions.validate(sessionToken)
      const left = DateTime.distance(yield* DateTime.now, found.session.expires)
      expect(left).toBeLessThan(3_600_000)
      yield* aged(session, 60)
      yield* sql`update sessions set last_seen = now() where id = ${session.id}`
      expect(yield* Effect.flip(sessions.validate(sessionToken))).toEqual(new SessionInvalid())
    })
  )

  it.effect("is not written to by look-ups within an hour", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session, sessionToken } = yield* signedUp("read-only")
      yield* aged(session, 59)
      yield* Effect.all(
        Array.from({ length: 20 }, () => sessions.validate(sessionToken)),
        { concurrency: "unbounded" }
      )
      yield* Effect.sleep("50 millis")
      expect(yield* lastSeenAgo(session)).toBeGreaterThanOrEqual(59 * 60)
    })
  )

  it.effect("is still found where nothing can be written, as after a failover", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const sql = yield* SqlClient.SqlClient
      const { session, sessionToken } = yield* signedUp("standby")
      yield* aged(session, 120)
      yield* sql.unsafe(`
        create function refuse() returns trigger language plpgsql as
          $$ begin raise exception 'read-only' using errcode = '25006'; end $$;
        create trigger refuse before update on sessions execute function refuse()`)
      for (const _ of Array.from({ length: 3 })) yield* sessions.validate(sessionToken)
      yield* Effect.sleep("50 millis")
      expect(yield* lastSeenAgo(session)).toBeGreaterThanOrEqual(120 * 60)
      yield* sql.unsafe("drop trigger refuse on sessions")
      yield* sessions.validate(sessionToken)
      yield* eventually(0, lastSeenAgo(session))
    })
  )

  it.effect("is written to outside of a transaction of whoever asks for it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { session, sessionToken } = yield* signedUp("inside")
      yield* aged(session, 120)
      const inside = Effect.gen(function* () {
        yield* sql`set transaction read only`
        yield* (yield* Sessions).validate(sessionToken)
        yield* eventually(0, lastSeenAgo(session))
      })
      yield* sql.withTransaction(inside)
      yield* aged(session, 120)
      const built = Effect.provide(inside, Layer.fresh(Sessions.layer()))
      yield* sql.withTransaction(built)
    })
  )

  it.effect("that has expired goes when its user signs in again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { session } = yield* signedUp("tidy")
      yield* aged(session, 3 * 24 * 60)
      const accounts = yield* Accounts
      const again = yield* accounts.signIn(credentials("tidy@example.com"))
      const rows = yield* sql`select id from sessions where user_id = ${session.userId}`
      expect(rows).toEqual([{ id: again.session.id }])
    })
  )
})

const stale = {
  user_id: crypto.randomUUID(),
  email: "stale@example.com",
  email_verified: null,
  created_at: new Date(0),
  updated_at: new Date(0),
  session_id: crypto.randomUUID(),
  expires: new Date(1),
  was_seen_long_ago: true
}

it.effect("last-seen of a session is written by one statement at a time", () =>
  Effect.gen(function* () {
    let writes = 0
    const slowToWrite = scriptedClient((text) =>
      Effect.suspend(() => {
        if (text.includes("select")) return Effect.succeed([stale])
        writes += 1
        return Effect.never
      })
    )
    yield* Effect.gen(function* () {
      const sessions = yield* Sessions
      const token = yield* SessionToken.generate
      for (const _ of Array.from({ length: 5 })) yield* sessions.validate(token)
      yield* settled
      expect(writes).toBe(1)
      yield* TestClock.adjust("5 seconds")
      yield* sessions.validate(token)
      yield* settled
      expect(writes).toBe(2)
    }).pipe(Effect.provide(Layer.provide(Sessions.layer(), slowToWrite)))
  })
)

it.effect("last-seen of sessions that can never be written is told of once, as an error", () => {
  const log = captured()
  const refusing = scriptedClient((text) =>
    text.includes("select")
      ? Effect.succeed([stale])
      : serverError("42501", { message: "permission denied for table sessions" })
  )
  return Effect.gen(function* () {
    const sessions = yield* Sessions
    const token = yield* SessionToken.generate
    for (const _ of Array.from({ length: 3 })) {
      yield* sessions.validate(token)
      yield* settled
    }
    expect(log.lines).toEqual([
      {
        level: "ERROR",
        message: "No session's last-seen can be written: all end after their idle time"
      }
    ])
  }).pipe(Effect.provide(Layer.provide(Sessions.layer(), [refusing, log.layer])))
})
