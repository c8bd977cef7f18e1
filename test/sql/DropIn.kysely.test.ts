import * as PgKysely from "@effect/sql-kysely/Pg"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Generated } from "kysely"
import { PgError } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

interface Tables {
  readonly rivers: {
    readonly id: Generated<number>
    readonly name: string
    readonly km: number | null
  }
}

class Rivers extends Context.Tag("test/Rivers")<Rivers, PgKysely.EffectKysely<Tables>>() {
  static readonly layer = Layer.effect(
    Rivers,
    Effect.tap(PgKysely.make<Tables>(), (db) =>
      db.schema
        .createTable("rivers")
        .addColumn("id", "serial", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull().unique())
        .addColumn("km", "integer")
    )
  )
}

const database = Layer.provideMerge(Rivers.layer, TestDatabase.layer)

layer(database, { excludeTestServices: true })("Kysely", (it) => {
  it.effect("inserts, selects, updates and deletes", () =>
    Effect.gen(function* () {
      const db = yield* Rivers
      const inserted = yield* db.insertInto("rivers").values({ name: "Rhine" }).returningAll()
      assert.deepStrictEqual(inserted, [{ id: 1, name: "Rhine", km: null }])
      const updated = yield* db.updateTable("rivers").set({ km: 1_233 }).returning(["km"])
      assert.deepStrictEqual(updated, [{ km: 1_233 }])
      const long = db.selectFrom("rivers").select("name").where("km", ">", 1_000)
      assert.deepStrictEqual(yield* long, [{ name: "Rhine" }])
      yield* db.deleteFrom("rivers").where("name", "=", "Rhine")
      assert.deepStrictEqual(yield* long, [])
    })
  )

  it.effect("commits its transactions, and undoes those that fail", () =>
    Effect.gen(function* () {
      const db = yield* Rivers
      const seen = db.selectFrom("rivers").select("name").where("name", "in", ["Loire", "Po"])
      const insert = (name: string) => db.insertInto("rivers").values({ name })
      const body = Effect.gen(function* () {
        yield* insert("Loire")
        return yield* Effect.fail(yield* seen)
      })
      assert.deepStrictEqual(yield* Effect.flip(db.withTransaction(body)), [{ name: "Loire" }])
      assert.deepStrictEqual(yield* seen, [])
      yield* db.withTransaction(insert("Po"))
      assert.deepStrictEqual(yield* seen, [{ name: "Po" }])
    })
  )

  it.effect("fails with the client's own error, which says what became of the statement", () =>
    Effect.gen(function* () {
      const db = yield* Rivers
      const insert = db.insertInto("rivers").values({ name: "Ebro" })
      yield* insert
      const error = yield* Effect.flip(insert)
      assert.instanceOf(error, PgError)
      assert.deepStrictEqual(error.reason, {
        _tag: "UniqueViolation",
        constraint: "rivers_name_key"
      })
      assert.strictEqual(error.outcome, "RolledBack")
    })
  )
})
