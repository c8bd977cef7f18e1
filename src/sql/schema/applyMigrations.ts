import * as Reactivity from "@effect/experimental/Reactivity"
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { makeCompiler } from "@effect/sql-pg/PgClient"
import { Duration, Effect, Option, Schedule } from "effect"
import { backoff } from "../../runtime/backoff.ts"
import { PgError } from "../failure/PgError.ts"
import { statementTimeout } from "../session/statementTimeout.ts"
import { migrationFailed, notWrittenDown } from "./MigrationFailure.ts"
import { journalTable, lookAtSchema, type Migration, type Schema, titleOf } from "./SchemaState.ts"
import { schemaLock } from "./schemaLock.ts"

/** Who wants to know how it goes. */
export interface MigrateOptions {
  /** Told of each step just before it is made. Default: a line of the log. */
  readonly onStep?: (step: Migration) => Effect.Effect<void>
  /** Told once, when another session keeps a table locked that is needed. Default: a line of the log. */
  readonly onWait?: Effect.Effect<void>
}

/** How long a step may wait in the queue for a table: all who come after it wait behind it. */
const lockTimeout = "500ms"

/** Leaves the table to the others for longer each time, up to ten times as long as it keeps them. */
const again = Schedule.upTo(backoff("500 millis", "5 seconds"), "1 minute")

/**
 * Ends with the transaction, as all that is set here does: a pooler may give the next one another
 * session. No limit of the role's ends the wait for the turn, nor a long step. A server from version
 * 14 on also looks whether whoever migrates is still there. Whatever the default is, what comes after
 * the wait for the lock sees what was done meanwhile.
 */
const prepare = `
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT set_config('statement_timeout', '0', true),
    set_config('lock_timeout', '0', true),
    set_config('client_min_messages', 'warning', true),
    set_config('idle_in_transaction_session_timeout', '60s', true),
    (SELECT set_config(name, '2s', true) FROM pg_settings
      WHERE name = 'client_connection_check_interval'),
    (SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout');
  SELECT pg_advisory_xact_lock(${schemaLock});
  SELECT set_config('lock_timeout', '${lockTimeout}', true)`

const createJournal = `CREATE TABLE IF NOT EXISTS ${journalTable} (
    migration_id integer PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL
  )`

const loggedWait = Effect.logWarning(
  "Another session keeps a table locked that is to be migrated: trying again until it is free"
)

const logged = (step: Migration) => Effect.logInfo(`Applying migration ${titleOf(step)}`)

/** Upstream's client, transactions included, on one session that is held for it. */
const clientOn = (connection: SqlConnection) =>
  Effect.provide(
    SqlClient.make({
      acquirer: Effect.succeed(connection),
      compiler: makeCompiler(),
      spanAttributes: []
    }),
    Reactivity.layer
  )

/** What a step died of, as the failure that it was: upstream's Migrator makes defects of them. */
const unmasked = (cause: unknown): Effect.Effect<never, PgError> =>
  Option.match(PgError.of(cause), { onNone: () => Effect.die(cause), onSome: Effect.fail })

/** The steps one after the other, each announced once, however often they are begun again. */
const announced = (schema: Schema, onStep: (step: Migration) => Effect.Effect<void>) => {
  const known = new Set<Migration>()
  const begun: { step?: Migration } = {}
  const begin = (step: Migration) =>
    Effect.suspend(() => {
      begun.step = step
      if (known.has(step)) return Effect.void
      known.add(step)
      return onStep(step)
    })
  const load = (step: Migration) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.zipRight(begin(step), sql.unsafe(step.script).unprepared)
    )
  const steps = schema.migrations.map(
    (step) => [step.id, step.name, Effect.succeed(load(step))] as const
  )
  return { begun, loader: Effect.succeed(steps) }
}

const isBlocked = (error: SqlError): boolean =>
  error instanceof PgError && error.reason._tag === "LockTimeoutError"

/** Gives back all locks of tables after each try, and keeps the turn of this process. */
const untilFree = <A, R>(
  steps: Effect.Effect<A, SqlError, R>,
  onWait: Effect.Effect<void>
): Effect.Effect<A, SqlError, R> =>
  Effect.suspend(() => {
    let isTold = false
    const waiting = Effect.suspend(() => {
      const isNew = !isTold
      isTold = true
      return isNew ? onWait : Effect.void
    })
    return steps.pipe(
      Effect.tapError((error) => (isBlocked(error) ? waiting : Effect.void)),
      Effect.retry({ schedule: again, while: isBlocked })
    )
  })

/**
 * Makes the pending steps in one transaction, and answers with their ids. Fails with a `PgError` that
 * names the step, or says that they could not be written down.
 */
export const applyMigrations = (
  connection: SqlConnection,
  schema: Schema,
  { onStep = logged, onWait = loggedWait }: MigrateOptions
): Effect.Effect<ReadonlyArray<number>, SqlError> =>
  Effect.gen(function* () {
    const sql = yield* clientOn(connection)
    const { begun, loader } = announced(schema, onStep)
    const run = Effect.catchTag(
      Migrator.make({})({ loader, table: journalTable }),
      "MigrationError",
      Effect.die
    )
    // A transaction within the transaction: a savepoint, with which its locks are given back.
    const steps = sql
      .withTransaction(Effect.zipRight(sql.unsafe(createJournal).unprepared, run))
      .pipe(Effect.catchAllDefect(unmasked))
    const all = Effect.gen(function* () {
      yield* sql.unsafe(prepare).unprepared
      const made = yield* untilFree(steps, onWait)
      const { pending } = yield* lookAtSchema(connection, schema)
      return pending.length === 0 ? made.map(([id]) => id) : yield* notWrittenDown()
    })
    return yield* sql.withTransaction(all).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.catchAllDefect(unmasked),
      Effect.mapError((error) =>
        error instanceof PgError ? migrationFailed(error, begun.step) : error
      ),
      // The client's own limit is for statements that somebody waits for.
      statementTimeout(Duration.infinity)
    )
  })
