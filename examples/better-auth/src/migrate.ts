import type { BetterAuthOptions } from "@better-auth/core"
import { SqlClient } from "@effect/sql/SqlClient"
import { getMigrations } from "better-auth/db/migration"
import { Effect, type ManagedRuntime } from "effect"
import {
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler
} from "kysely"

type Database<E> = ManagedRuntime.ManagedRuntime<SqlClient, E>

const connectionOn = <E>(database: Database<E>): DatabaseConnection => ({
  executeQuery: <R>({ parameters, sql: text }: Query) =>
    Effect.flatMap(SqlClient, (sql) => sql.unsafe<R & object>(text, parameters)).pipe(
      Effect.map((rows) => ({ rows: [...rows] })),
      (query) => database.runPromise(query)
    ),
  streamQuery: () => {
    throw new Error("better-auth's migrations stream nothing.")
  }
})

type Query = Parameters<DatabaseConnection["executeQuery"]>[0]

const nothing = async () => {}

/** better-auth's migrations are written with Kysely: this is a connection of it. */
const dialectOn = <E>(database: Database<E>): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => ({
    init: nothing,
    acquireConnection: async () => connectionOn(database),
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing
  }),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler()
})

/** Adds the tables and columns that better-auth, with these options, misses in the database. */
export const migrate = async <E>(
  database: Database<E>,
  options: BetterAuthOptions
): Promise<void> => {
  const { runMigrations } = await getMigrations({
    ...options,
    database: { dialect: dialectOn(database), type: "postgres" }
  })
  await runMigrations()
}
