import type { Connection } from "@effect/sql/SqlConnection"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"
import { migrate } from "../../src/auth/Migrations.ts"
import { usersAndSessions } from "../../src/auth/migrations/UsersAndSessions.ts"
import { PgClient } from "../../src/sql/index.ts"
import { schemaLock } from "../../src/sql/schema/schemaLock.ts"
import { all, held, migrated, onEmpty, quiet, run } from "../support/EmptyDatabase.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** An instance with a session of its own, which also reads the database's settings anew. */
const instance = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.provide(migrated, Layer.fresh(PgClient.layer({ url, maxConnections: 1 })))
)

const say = (session: Connection, script: string) =>
  session.executeUnprepared(script, [], undefined)

/** What the database sets for each new session. */
const setting = (name: string, value: string) =>
  run(`do $$ begin
    execute format('alter database %I set ${name} = ''${value}''', current_database());
  end $$`)

/** Somebody has waited for the turn for longer than any limit that is set here. */
const longWait = run(`
  select from pg_stat_activity
  where datname = current_database() and wait_event = 'advisory'
    and clock_timestamp() - query_start > '600 ms'`)

describe("migrations that meet others", () => {
  it.live("see what the one before them has done where the default is repeatable read", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* setting("default_transaction_isolation", "repeatable read")
        const made = yield* Effect.all(
          Array.from({ length: 4 }, () => instance),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(made.flat().length, all.length)
      })
    )
  )

  it.live("wait for their turn whatever limits the database sets", () =>
    onEmpty(
      Effect.gen(function* () {
        for (const limit of ["lock_timeout", "statement_timeout", "transaction_timeout"])
          yield* setting(limit, "250ms")
        const made = yield* held((other) =>
          Effect.gen(function* () {
            yield* say(other, `select pg_advisory_lock(${schemaLock})`)
            const migrating = yield* Effect.fork(instance)
            const waited = Effect.repeat(longWait, { until: ({ length }) => length > 0 })
            yield* Effect.raceFirst(waited, Fiber.join(migrating))
            yield* say(other, `select pg_advisory_unlock(${schemaLock})`)
            return yield* Fiber.join(migrating)
          })
        )
        assert.strictEqual(made.length, all.length)
      })
    )
  )

  it.live("wait for nobody where there is nothing to do", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        yield* held((other) =>
          Effect.gen(function* () {
            yield* say(
              other,
              `begin; lock table ${authSchema.tables.join(", ")};
              lock table holdfast_migrations in row exclusive mode;
              select pg_advisory_lock(${schemaLock})`
            )
            assert.lengthOf(yield* migrated, 0)
            yield* say(other, `rollback; select pg_advisory_unlock(${schemaLock})`)
          })
        )
      })
    )
  )

  it.live("let others use a table that they wait for, and keep their turn meanwhile", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(usersAndSessions.script)
        const seen = yield* held((reader) =>
          Effect.gen(function* () {
            yield* say(reader, "begin; select from users")
            const waits = yield* Deferred.make<void>()
            const onWait = Effect.asVoid(Deferred.succeed(waits, undefined))
            const migrating = yield* Effect.fork(
              held((connection) => migrate(connection, { ...quiet, onWait }))
            )
            yield* Effect.raceFirst(Deferred.await(waits), Fiber.join(migrating))
            const seen = yield* run(`set local lock_timeout = '200ms'; select from users;
              select pg_try_advisory_xact_lock(${schemaLock}) as is_free`)
            yield* say(reader, "commit")
            assert.lengthOf(yield* Fiber.join(migrating), all.length)
            return seen
          })
        )
        assert.deepInclude(seen.flat(), { is_free: false })
      })
    )
  )
})
