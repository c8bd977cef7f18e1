import { randomUUID } from "node:crypto"
import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as StockClient from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer, Redacted } from "effect"
import { type Address, EmbeddedPostgres, type EmbeddedPostgresError } from "../src/testing/index.ts"

/** The ledger has not quite fifty lanes, up to three sessions each, and those not ended yet. */
const settings = { max_connections: "300" }

/** The role of those who are under test. */
export const visitor = "visitor"

/**
 * Hashing its password 4,096 times would be most of the work of a connection, of which there are
 * two or three for each cut; once is as many bytes.
 */
const createRole = (sql: SqlClient, name: string, password: string) =>
  sql.unsafe(`
    SET scram_iterations = 1;
    CREATE ROLE ${name} LOGIN PASSWORD '${password}';
    RESET scram_iterations;
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${name};`)

const withLogin = (url: Redacted.Redacted<string>, name: string, password: string) => {
  const address = new URL(Redacted.value(url))
  address.username = name
  address.password = password
  return Redacted.make(address.href)
}

const prepare = Effect.fn("ProofDatabase.prepare")(function* (tables: string) {
  const { host, port, url } = yield* EmbeddedPostgres
  const direct = yield* StockClient.make({ url, maxConnections: 4 })
  const password = randomUUID()
  yield* direct.unsafe(tables)
  yield* createRole(direct, visitor, password)
  const [server] = yield* direct<{ readonly server_version: string }>`SHOW server_version`
  return {
    address: { host, port },
    url: withLogin(url, visitor, password),
    version: server?.server_version ?? "unknown",
    direct
  }
})

/** A Postgres of a proof's own, in a temporary folder that goes away with it. */
export class ProofDatabase extends Context.Tag("holdfast/proofs/ProofDatabase")<
  ProofDatabase,
  {
    readonly address: Address
    /** For those who are under test: an ordinary role. */
    readonly url: Redacted.Redacted<string>
    readonly version: string
    /**
     * For the one who looks at the tables: the stock client, past every proxy, since what is under
     * test should not judge itself.
     */
    readonly direct: SqlClient
  }
>() {
  /** With the tables that such a text creates, and with its server. */
  static layer(
    tables: string
  ): Layer.Layer<ProofDatabase | EmbeddedPostgres, SqlError | EmbeddedPostgresError> {
    return Layer.scoped(ProofDatabase, prepare(tables)).pipe(
      Layer.provideMerge(EmbeddedPostgres.layer({ settings })),
      Layer.provide(Reactivity.layer)
    )
  }
}
