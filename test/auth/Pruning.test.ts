import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Chunk, Deferred, Effect, FastCheck, Fiber, Layer, Stream } from "effect"
import { nothing, Pruning, plus } from "../../src/auth/Pruning.ts"
import { SessionExpiry } from "../../src/auth/SessionExpiry.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Hours. */
const IDLE = 24
const GRACE = 24

/** Rows by the hours until their times, negative when past. None lies on the very boundary. */
interface Rows {
  readonly sessions: ReadonlyArray<{ readonly expires: number; readonly lastSeen: number }>
  readonly tokens: ReadonlyArray<{ readonly expires: number; readonly isUsed: boolean }>
  readonly throttles: ReadonlyArray<{ readonly freeAt: number }>
}

/** What still counts, or has done so within the last day: nothing else may be deleted. */
const counts = {
  session: ({ expires, lastSeen }: Rows["sessions"][number]) =>
    Math.min(expires, lastSeen + IDLE) > -GRACE,
  token: ({ expires }: Rows["tokens"][number]) => expires > -GRACE,
  throttle: ({ freeAt }: Rows["throttles"][number]) => freeAt > -GRACE
}

const hours = FastCheck.integer({ min: -100, max: 50 }).map((whole) => whole + 0.5)

const rowsOf = FastCheck.record({
  sessions: FastCheck.array(FastCheck.record({ expires: hours, lastSeen: hours })),
  tokens: FastCheck.array(FastCheck.record({ expires: hours, isUsed: FastCheck.boolean() })),
  throttles: FastCheck.array(FastCheck.record({ freeAt: hours }))
})

const user = "00000000-0000-4000-8000-000000000001"

const empty = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`
    with gone as (delete from sessions), used as (delete from one_time_tokens)
    delete from throttles`
)

/** The rows in the database, each found again by its place in the list. */
const written = ({ sessions, throttles, tokens }: Rows) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = JSON.stringify({
      sessions: sessions.map((session, index) => ({ index, ...session })),
      tokens: tokens.map((token, index) => ({ index, ...token })),
      throttles: throttles.map((throttle, index) => ({ index, ...throttle }))
    })
    yield* empty
    yield* sql`
      insert into users (id, email, password_hash)
      values (${user}, 'someone@example.com', '$argon2id$x') on conflict do nothing`
    yield* sql`
      insert into sessions (id, user_id, token_digest, expires, last_seen, user_agent)
      select gen_random_uuid(), ${user}, sha256(index::text::bytea),
             now() + make_interval(secs => expires * 3600),
             now() + make_interval(secs => "lastSeen" * 3600), index::text
      from jsonb_to_recordset(${rows}::jsonb -> 'sessions')
        as r (index int, expires float8, "lastSeen" float8)`
    yield* sql`
      insert into one_time_tokens
        (token_digest, purpose, email, mail_id, expires, used_by)
      select sha256(index::text::bytea), 'verify-email', index::text, gen_random_uuid(),
             now() + make_interval(secs => expires * 3600),
             case when "isUsed" then gen_random_uuid() end
      from jsonb_to_recordset(${rows}::jsonb -> 'tokens')
        as r (index int, expires float8, "isUsed" boolean)`
    yield* sql`
      insert into throttles (key, count, free_at, attempt)
      select sha256(index::text::bytea), index, now() + make_interval(secs => "freeAt" * 3600),
             gen_random_uuid()
      from jsonb_to_recordset(${rows}::jsonb -> 'throttles') as r (index int, "freeAt" float8)`
  })

interface Left {
  readonly kind: string
  readonly places: ReadonlyArray<number>
}

/** The places of the rows that are there. */
const left = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Left>`
    select 'sessions' as kind, coalesce(array_agg(user_agent::int order by user_agent::int), '{}') as places from sessions
    union all
    select 'throttles', coalesce(array_agg(count order by count), '{}') from throttles
    union all
    select 'tokens', coalesce(array_agg(email::int order by email::int), '{}') from one_time_tokens
    order by kind`
  return Object.fromEntries(rows.map(({ kind, places }) => [kind, places]))
})

const placesWhere = <A>(rows: ReadonlyArray<A>, isKept: (row: A) => boolean) =>
  rows.flatMap((row, index) => (isKept(row) ? [index] : []))

const kept = ({ sessions, throttles, tokens }: Rows) => ({
  sessions: placesWhere(sessions, counts.session),
  throttles: placesWhere(throttles, counts.throttle),
  tokens: placesWhere(tokens, counts.token)
})

const stage = Pruning.layer({ batch: 3 }).pipe(
  Layer.provide(SessionExpiry.layer({ idle: `${IDLE} hours` })),
  Layer.provideMerge(TestDatabase.layer)
)

/** As many rows of each kind, all of them old. */
const old = (number: number): Rows => ({
  sessions: Array.from({ length: number }, () => ({ expires: -90, lastSeen: -99 })),
  tokens: Array.from({ length: number }, () => ({ expires: -90, isUsed: true })),
  throttles: Array.from({ length: number }, () => ({ freeAt: -90 }))
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("pruning", (it) => {
  it.effect.prop(
    "deletes all that has counted for nothing for a day, and nothing else",
    { rows: rowsOf },
    ({ rows }) =>
      Effect.gen(function* () {
        yield* written(rows)
        const { prune } = yield* Pruning
        const pruned = yield* prune
        const expected = kept(rows)
        expect(yield* left).toEqual(expected)
        expect(pruned).toEqual({
          sessions: rows.sessions.length - expected.sessions.length,
          tokens: rows.tokens.length - expected.tokens.length,
          throttles: rows.throttles.length - expected.throttles.length
        })
        expect(yield* prune).toEqual(nothing)
      }),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("deletes a few rows with each statement, and the rest when it is asked again", () =>
    Effect.gen(function* () {
      yield* written(old(10))
      const { batches, prune } = yield* Pruning
      const first = yield* Stream.runCollect(Stream.take(batches, 2))
      expect(Chunk.toReadonlyArray(first)).toEqual([
        { ...nothing, sessions: 3 },
        { ...nothing, sessions: 3 }
      ])
      expect((yield* left).sessions).toHaveLength(4)
      expect(yield* prune).toEqual({ sessions: 4, tokens: 10, throttles: 10 })
    })
  )

  it.effect("deletes each row once, however many prune at once", () =>
    Effect.gen(function* () {
      yield* written(old(60))
      const { prune } = yield* Pruning
      const all = yield* Effect.all(
        Array.from({ length: 6 }, () => prune),
        { concurrency: "unbounded" }
      )
      // Each stops at what the others have locked, so that all of it may take another time.
      const together = [...all, yield* prune].reduce(plus)
      expect(together).toEqual({ sessions: 60, tokens: 60, throttles: 60 })
    })
  )

  it.effect("waits for nobody, and keeps what somebody has just tried again", () =>
    Effect.gen(function* () {
      yield* written(old(5))
      const sql = yield* SqlClient.SqlClient
      const { prune } = yield* Pruning
      const isLocked = yield* Deferred.make<void>()
      const isOver = yield* Deferred.make<void>()
      const others = yield* Effect.fork(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`select from sessions where user_agent = '0' for update`
            yield* sql`select from one_time_tokens where email = '1' for update`
            yield* sql`update throttles set free_at = now() where count = 2`
            yield* Deferred.succeed(isLocked, undefined)
            yield* Deferred.await(isOver)
          })
        )
      )
      yield* Deferred.await(isLocked)
      expect(yield* prune).toEqual({ sessions: 4, tokens: 4, throttles: 4 })
      expect(yield* left).toEqual({ sessions: [0], tokens: [1], throttles: [2] })
      yield* Deferred.succeed(isOver, undefined)
      yield* Fiber.join(others)
      expect(yield* prune).toEqual({ sessions: 1, tokens: 1, throttles: 0 })
    })
  )

  it.effect("keeps users, events and letters", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* written(old(1))
      const long = sql`now() - interval '10 years'`
      yield* sql`insert into audit_events (id, at, kind) values (gen_random_uuid(), ${long}, 'sign-in')`
      yield* sql`
        insert into outbox (id, purpose, recipient, due, created_at)
        values (gen_random_uuid(), 'verify-email', 'someone@example.com', ${long}, ${long})`
      yield* Effect.flatMap(Pruning, ({ prune }) => prune)
      const rows = yield* sql`
        select (select count(*)::int from users) as users,
               (select count(*)::int from audit_events) as events,
               (select count(*)::int from outbox) as letters`
      expect(rows).toEqual([{ users: 1, events: 1, letters: 1 }])
    })
  )
})
