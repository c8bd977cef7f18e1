import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import * as PgMigrator from "@effect/sql-pg/PgMigrator"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit, Layer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const execute = (statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))

const creates = (table: string) => execute(`CREATE TABLE ${table} (line text)`)
const writes = (table: string) => execute(`INSERT INTO ${table} VALUES ('written')`)

const migrations = (table: string) => ({
  loader: PgMigrator.fromRecord({
    "0001_create": creates(table),
    "0002_write": writes(table)
  }),
  table: `${table}_migrations`
})

const both: Array<readonly [id: number, name: string]> = [
  [1, "create"],
  [2, "write"]
]

const written = (table: string) => execute(`SELECT line FROM ${table}`)

const anotherClient = Effect.map(TestDatabase, ({ url }) => PgClient.layer({ url }))

layer(Layer.merge(TestDatabase.layer, NodeContext.layer), { excludeTestServices: true })(
  "PgMigrator",
  (it) => {
    it.effect("applies each migration once, in their order", () =>
      Effect.gen(function* () {
        const first = yield* PgMigrator.run(migrations("once"))
        assert.deepStrictEqual(first, both)
        assert.deepStrictEqual(yield* PgMigrator.run(migrations("once")), [])
        assert.lengthOf(yield* written("once"), 1)
      })
    )

    it.effect("runs as a layer over the client's", () =>
      Effect.gen(function* () {
        const migrated = PgMigrator.layer(migrations("layered"))
        const rows = yield* Effect.provide(written("layered"), migrated)
        assert.deepStrictEqual(rows, [{ line: "written" }])
        assert.deepStrictEqual(yield* PgMigrator.run(migrations("layered")), [])
      })
    )

    it.effect("is applied by one of two clients that start at once", () =>
      Effect.gen(function* () {
        // Two that create the table of migrations at once collide on the stock client as well.
        yield* PgMigrator.run({ ...migrations("shared"), loader: Effect.succeed([]) })
        const run = PgMigrator.run(migrations("shared"))
        const applied = yield* Effect.all([run, Effect.provide(run, yield* anotherClient)], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(applied.map(({ length }) => length).sort(), [0, 2])
        assert.deepStrictEqual(applied.flat(), both)
        assert.lengthOf(yield* written("shared"), 1)
      })
    )

    it.effect("leaves nothing behind when a migration fails, and can be run again", () =>
      Effect.gen(function* () {
        const { loader, table } = migrations("mended")
        const failing = PgMigrator.fromRecord({
          "0001_create": creates("mended"),
          "0002_write": writes("misspelt")
        })
        const exit = yield* Effect.exit(PgMigrator.run({ loader: failing, table }))
        const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.instanceOf(failure, PgMigrator.MigrationError)
        assert.deepStrictEqual(yield* execute("SELECT to_regclass('mended') AS mended"), [
          { mended: null }
        ])
        assert.deepStrictEqual(yield* PgMigrator.run({ loader, table }), both)
      })
    )
  }
)
