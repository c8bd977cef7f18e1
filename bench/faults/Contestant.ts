import type { Open } from "./Client.ts"

/** Who takes part. */
export interface Contestant {
  readonly name: string
  /** What it is, as a clause. */
  readonly what: string
  /** The package whose version counts. */
  readonly packageName: string
  /** The file of its client, below `bench/faults/`. */
  readonly file: string
  /** Loads nothing of the others. */
  readonly load: () => Promise<Open>
}

export const contestants: ReadonlyArray<Contestant> = [
  {
    name: "pg.Pool",
    what: "its documentation's pool, error listener and transaction",
    packageName: "pg",
    file: "clients/PgPool.ts",
    load: async () => (await import("./clients/PgPool.ts")).pgPool
  },
  {
    name: "pg.Pool, hardened",
    what: "with a listener on every client, and broken clients thrown away",
    packageName: "pg",
    file: "clients/HardenedPgPool.ts",
    load: async () => (await import("./clients/HardenedPgPool.ts")).hardenedPgPool
  },
  {
    name: "pg.Pool, retried",
    what: "the hardened one, with everything that fails run again up to five times",
    packageName: "pg",
    file: "clients/HardenedPgPool.ts",
    load: async () => (await import("./clients/HardenedPgPool.ts")).retriedPgPool
  },
  {
    name: "@effect/sql-pg",
    what: "its layer and `sql.withTransaction`",
    packageName: "@effect/sql-pg",
    file: "clients/SqlPg.ts",
    load: async () => (await import("./clients/SqlPg.ts")).sqlPg
  },
  {
    name: "@effect/sql-pg, retried",
    what: "the same with `Effect.retry`, up to five times with exponential delay",
    packageName: "@effect/sql-pg",
    file: "clients/SqlPg.ts",
    load: async () => (await import("./clients/SqlPg.ts")).retriedSqlPg
  },
  {
    name: "postgres.js",
    what: "`sql.begin`, with the `idle_timeout` it advises for servers that close idle connections",
    packageName: "postgres",
    file: "clients/PostgresJs.ts",
    load: async () => (await import("./clients/PostgresJs.ts")).postgresJs
  },
  {
    name: "holdfast",
    what: "`sql.withTransaction` with `PgClient.replay`, reads replayed as idempotent",
    packageName: "holdfast",
    file: "clients/Holdfast.ts",
    load: async () => (await import("./clients/Holdfast.ts")).holdfast
  }
]

/** The contestant of that name; undefined if there is none. */
export const contestantNamed = (name: string): Contestant | undefined =>
  contestants.find((each) => each.name === name)
