import * as Reactivity from "@effect/experimental/Reactivity"
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { makeCompiler } from "@effect/sql-pg/PgClient"
import { Effect, Option } from "effect"
import { migrationDiffers, migrationFailed, notWrittenDown } from "./MigrationFailure.ts"
import { PgError } from "./PgError.ts"
import {
  journalTable,
  lookAtSchema,
  type Migration,
  type Schema,
  type SchemaState,
  titleOf
} from "./SchemaState.ts"
import { schemaLock } from "./schemaLock.ts"

/** Who wants to know how it goes. */
export interface MigrateOptions {
  /** Told of each step just before it is made. Default: a line of the log. */
  readonly onStep?: (step: Migration) => Effect.Effect<void>
}

/**
 * How long a step may wait for the lock of a table: all who come after it for that table wait behind
 * it. Less than the pool gives a connection to open, so that it is this which is told.
 */
const lockTimeout = "4s"

/**
 * Ends with the transaction, as all that is set here does: a pooler may give the next one another
 * session. A server from version 14 on also looks whether whoever migrates is still there. Whatever the
 * default is, what comes after the wait for the lock sees what was done meanwhile.
 */
const prepare = `
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT set_config('statement_timeout', '0', true),
    set_config('client_min_messages', 'warning', true),
    (SELECT set_config(name, '2s', true) FROM pg_settings
      WHERE name = 'client_connection_check_interval');
  SELECT pg_advisory_xact_lock(${schemaLock});
  SELECT set_config('lock_timeout', '${lockTimeout}', true);
  CREATE TABLE IF NOT EXISTS ${journalTable} (
    migration_id integer PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL
  )`

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

/** Upstream's Migrator makes defects of failures, and one of what it can't write down nothing at all. */
const applied = (schema: Schema, { onStep = logged }: MigrateOptions) => {
  let during: Migration | undefined
  const load = (step: Migration) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => {
      const begun = Effect.suspend(() => {
        during = step
        return onStep(step)
      })
      return Effect.zipRight(begun, sql.unsafe(step.script).unprepared)
    })
  const steps = schema.migrations.map(
    (step) => [step.id, step.name, Effect.succeed(load(step))] as const
  )
  const run = Effect.catchTag(
    Migrator.make({})({ loader: Effect.succeed(steps), table: journalTable }),
    "MigrationError",
    Effect.die
  )
  const told = (cause: unknown): Effect.Effect<never, SqlError> =>
    Option.match(PgError.of(cause), {
      onNone: () => Effect.die(cause),
      onSome: (error) => Effect.fail(migrationFailed(error, during))
    })
  return { run, told }
}

const inOneTransaction = (connection: SqlConnection, schema: Schema, options: MigrateOptions) =>
  Effect.gen(function* () {
    const sql = yield* clientOn(connection)
    const { run, told } = applied(schema, options)
    const all = Effect.gen(function* () {
      yield* sql.unsafe(prepare).unprepared
      const made = yield* run
      const { pending } = yield* lookAtSchema(connection, schema)
      return pending.length === 0 ? made.map(([id]) => id) : yield* notWrittenDown()
    })
    return yield* sql.withTransaction(all).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.catchIf((error) => error instanceof PgError, told),
      Effect.catchAllDefect(told)
    )
  })

const differing = (
  { migrations }: Schema,
  { applied }: SchemaState
): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    applied,
    (theirs) => {
      const own = migrations.find(({ id }) => id === theirs.id)
      return own === undefined || own.name === theirs.name
        ? Effect.void
        : Effect.fail(migrationDiffers(own, theirs))
    },
    { discard: true }
  )

const go = (
  connection: SqlConnection,
  schema: Schema,
  state: SchemaState,
  options: MigrateOptions
): Effect.Effect<ReadonlyArray<Migration>, SqlError> =>
  Effect.gen(function* () {
    yield* differing(schema, state)
    if (state.pending.length === 0) return []
    const made = new Set(yield* inOneTransaction(connection, schema, options))
    return schema.migrations.filter(({ id }) => made.has(id))
  })

/**
 * Brings the database at the other end of a session to a schema, and answers with the steps that it
 * made for that.
 *
 * All of them are one transaction under an advisory lock of that transaction, so that any number of
 * processes may start at once, also through a pooler, and one that dies leaves nothing half done. Where
 * there is nothing to do it locks nothing and needs no right to change anything. Steps that a later
 * version has made are left alone: steps only add, so this one can go on beside it.
 *
 * Fails with a `SqlError` that names the step, says what is left of it, and what to do.
 */
export const migrate = (
  connection: SqlConnection,
  schema: Schema,
  options: MigrateOptions = {}
): Effect.Effect<ReadonlyArray<Migration>, SqlError> =>
  Effect.flatMap(lookAtSchema(connection, schema), (state) =>
    go(connection, schema, state, options)
  )

const unwritten = ({ journal }: SchemaState): string =>
  journal === "hidden"
    ? `This role may not read ${journalTable}, so which migrations were applied is not known; all tables are there. GRANT SELECT on it.`
    : `The tables are there, but not which migrations were applied, and this role may not write that down. Let the owner of the tables run \`holdfast migrate\` once.`

const beyond = ({ newer }: SchemaState): string =>
  `The database has been migrated by a later version of holdfast (${newer.map(titleOf).join(", ")}). This one goes on, because migrations only add.`

/**
 * The same for a service, on the first connection of its pool: `initialize` of `PgClientConfig`. One
 * whose role may use the tables and not change them finds a schema that somebody else has made.
 */
export const migrateFirst =
  (schema: Schema) =>
  (connection: SqlConnection): Effect.Effect<void, SqlError> =>
    Effect.gen(function* () {
      const state = yield* lookAtSchema(connection, schema)
      if (state.newer.length > 0) yield* Effect.logWarning(beyond(state))
      const isMade = state.journal !== "read" && state.isComplete
      yield* Effect.catchIf(
        go(connection, schema, state, {}),
        (error) => isMade && error instanceof PgError && error.reason._tag === "AuthorizationError",
        () => Effect.logWarning(unwritten(state))
      )
    })
