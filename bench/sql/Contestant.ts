import type { Open } from "./Client.ts"
import { holdfast, holdfastReplayed, stock } from "./clients/EffectSql.ts"
import { namedPgPool, pgPool } from "./clients/PgPool.ts"
import { postgresJs } from "./clients/PostgresJs.ts"

/** Who takes part. */
export interface Contestant {
  readonly name: string
  /** What it is, as a clause. */
  readonly what: string
  /** The package whose version counts. */
  readonly packageName: string
  /** The file of its client, below `bench/sql/`. */
  readonly file: string
  readonly open: Open
}

/** Each library's own default; it is said so that it stays so. */
export const maxConnections = 10

export const contestants: ReadonlyArray<Contestant> = [
  {
    name: "@effect/sql-pg",
    what: "as it is published",
    packageName: "@effect/sql-pg",
    file: "clients/EffectSql.ts",
    open: stock
  },
  {
    name: "pg.Pool",
    what: "as its documentation has it",
    packageName: "pg",
    file: "clients/PgPool.ts",
    open: pgPool
  },
  {
    name: "pg.Pool, named",
    what: "with a name for every statement, so that the server prepares it once",
    packageName: "pg",
    file: "clients/PgPool.ts",
    open: namedPgPool
  },
  {
    name: "postgres.js",
    what: "as its documentation has it; it prepares statements and pipelines them by itself",
    packageName: "postgres",
    file: "clients/PostgresJs.ts",
    open: postgresJs
  },
  {
    name: "holdfast",
    what: "with its defaults, by the code of `@effect/sql-pg`: only the import differs",
    packageName: "holdfast",
    file: "clients/EffectSql.ts",
    open: holdfast
  },
  {
    name: "holdfast, replayed",
    what: "the same, everything within `PgClient.replay`, as its README has it",
    packageName: "holdfast",
    file: "clients/EffectSql.ts",
    open: holdfastReplayed
  }
]

/** Whose goals these are: both have to reach them. */
export const own: ReadonlyArray<string> = ["holdfast", "holdfast, replayed"]

/** The contestant of that name; fails if there is none. */
export const contestantNamed = (name: string): Contestant => {
  const found = contestants.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no contestant "${name}"`)
  return found
}
