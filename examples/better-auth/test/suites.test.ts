import {
  authFlowTestSuite,
  caseInsensitiveTestSuite,
  joinsTestSuite,
  normalTestSuite,
  numberIdTestSuite,
  testAdapter,
  transactionsTestSuite,
  uuidTestSuite
} from "@better-auth/test-utils/adapter"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { PgClient } from "holdfast"
import { inject } from "vitest"
import { holdfastAdapter } from "../src/holdfastAdapter.ts"
import { migrate } from "../src/migrate.ts"

const connect = () =>
  ManagedRuntime.make(PgClient.layer({ url: Redacted.make(inject("postgresUrl")) }))

let database = connect()

const dropTables = Effect.flatMap(SqlClient, (sql) =>
  sql.unsafe("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
)

const { execute } = await testAdapter({
  adapter: () => holdfastAdapter(database),
  // As with a deployment: the tables change, and then the service starts anew.
  runMigrations: async (options) => {
    await database.runPromise(dropTables)
    await migrate(database, options)
    await database.dispose()
    database = connect()
  },
  tests: [
    normalTestSuite(),
    transactionsTestSuite(),
    authFlowTestSuite(),
    caseInsensitiveTestSuite(),
    numberIdTestSuite(),
    uuidTestSuite(),
    joinsTestSuite()
  ],
  onFinish: () => database.dispose()
})

execute()
