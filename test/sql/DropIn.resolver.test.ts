import { SqlClient, SqlResolver } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { TestDatabase } from "../support/TestDatabase.ts"

const Line = Schema.Struct({ id: Schema.Number, poem: Schema.String, text: Schema.String })
const NewLine = Schema.Struct({ poem: Schema.String, text: Schema.String })

/** The resolvers of a table, and how many statements they have sent. */
const resolversOf = (table: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE ${sql(table)} (id serial, poem text, text text)`
    const statements = { count: 0 }
    const counted = <A, E>(statement: Effect.Effect<A, E>) =>
      Effect.zipRight(
        Effect.sync(() => {
          statements.count++
        }),
        statement
      )
    const insert = yield* SqlResolver.ordered("InsertLine", {
      Request: NewLine,
      Result: Line,
      execute: (lines) =>
        counted(sql`INSERT INTO ${sql(table)} ${sql.insert(lines)} RETURNING *`.withoutTransform)
    })
    const ofPoem = yield* SqlResolver.grouped("LinesOfPoem", {
      Request: Schema.String,
      RequestGroupKey: (poem) => poem,
      Result: Line,
      ResultGroupKey: ({ poem }) => poem,
      execute: (poems) =>
        counted(sql`SELECT * FROM ${sql(table)} WHERE ${sql.in("poem", poems)} ORDER BY id`)
    })
    const byId = yield* SqlResolver.findById("LineById", {
      Id: Schema.Number,
      Result: Line,
      ResultId: ({ id }) => id,
      execute: (ids) => counted(sql`SELECT * FROM ${sql(table)} WHERE ${sql.in("id", ids)}`)
    })
    return { byId, insert, ofPoem, statements }
  })

const atOnce = { batching: true, concurrency: "unbounded" } as const
const lines = [
  { poem: "a", text: "first" },
  { poem: "b", text: "second" },
  { poem: "a", text: "third" }
]
const texts = (rows: ReadonlyArray<typeof Line.Type>) => rows.map(({ text }) => text)

layer(TestDatabase.layer, { excludeTestServices: true })("SqlResolver", (it) => {
  it.effect("answers many requests with one statement of each kind", () =>
    Effect.gen(function* () {
      const { byId, insert, ofPoem, statements } = yield* resolversOf("lines")
      const inserted = yield* Effect.forEach(lines, insert.execute, atOnce)
      assert.deepStrictEqual(texts(inserted), ["first", "second", "third"])
      assert.strictEqual(statements.count, 1)
      const grouped = yield* Effect.forEach(["b", "a", "none"], ofPoem.execute, atOnce)
      assert.deepStrictEqual(grouped.map(texts), [["second"], ["first", "third"], []])
      assert.strictEqual(statements.count, 2)
      const found = yield* Effect.forEach([3, 1, 99], byId.execute, atOnce)
      assert.deepStrictEqual(found.map(Option.map(({ text }) => text)), [
        Option.some("third"),
        Option.some("first"),
        Option.none()
      ])
      assert.strictEqual(statements.count, 3)
    })
  )

  it.effect("runs its batches in the transaction that is open", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { byId, insert, ofPoem, statements } = yield* resolversOf("drafts")
      const body = Effect.gen(function* () {
        const inserted = yield* Effect.forEach(lines, insert.execute, atOnce)
        const ids = inserted.map(({ id }) => id)
        const found = yield* Effect.forEach(ids, byId.execute, atOnce)
        const [ofA = []] = yield* Effect.forEach(["a"], ofPoem.execute, atOnce)
        return yield* Effect.fail({ found: found.filter(Option.isSome).length, ofA: texts(ofA) })
      })
      const seenInside = yield* Effect.flip(sql.withTransaction(body))
      assert.deepStrictEqual(seenInside, { found: 3, ofA: ["first", "third"] })
      assert.strictEqual(statements.count, 3)
      assert.deepStrictEqual(yield* ofPoem.execute("a"), [])
    })
  )

  it.effect("keeps requests of two transactions apart that are made at once", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { insert, ofPoem } = yield* resolversOf("pages")
      const writes = (poem: string) =>
        Effect.zipRight(insert.execute({ poem, text: poem }), ofPoem.execute(poem))
      const kept = sql.withTransaction(writes("kept"))
      const dropped = Effect.flip(sql.withTransaction(Effect.flip(writes("dropped"))))
      const [seenByKept, seenByDropped] = yield* Effect.all([kept, dropped], atOnce)
      assert.deepStrictEqual(texts(seenByKept), ["kept"])
      assert.isArray(seenByDropped)
      assert.deepStrictEqual(texts(yield* ofPoem.execute("kept")), ["kept"])
      assert.deepStrictEqual(yield* ofPoem.execute("dropped"), [])
    })
  )
})
