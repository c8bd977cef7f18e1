import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { schemaLock } from "../../src/sql/schema/schemaLock.ts"
import { refuseScattered, whereabouts } from "../../src/sql/schema/Whereabouts.ts"

const tablesOf = (schema: string): ReadonlyArray<string> =>
  [...schema.matchAll(/^create table if not exists (\w+)/gim)].flatMap(([, name]) => name ?? [])

/**
 * Creates the tables of an idempotent SQL script if any of them is missing.
 *
 * Nothing is locked and nothing needs to be permitted when all exist. Else the script runs as one
 * transaction under an advisory lock, so that many processes can start at once. It fails where those
 * that exist do not lie in the schema that comes first on the search path: new ones would hide them.
 */
export const ensureSchema =
  (schema: string) =>
  (connection: SqlConnection): Effect.Effect<void, SqlError> =>
    Effect.gen(function* () {
      const tables = tablesOf(schema)
      const present = yield* connection.executeValues(
        "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest($1::text[]) AS name",
        [tables]
      )
      if (present[0]?.[0] === true) return
      yield* refuseScattered(yield* whereabouts(connection, tables), true)
      // Several statements in one simple query are one transaction, which also ends the lock.
      const script = `SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\nSELECT pg_advisory_xact_lock(${schemaLock});\n${schema}`
      yield* connection.executeUnprepared(script, [], undefined)
    })
