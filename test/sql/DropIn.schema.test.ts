import { Model, SqlClient, SqlSchema } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Option, Schema, String as Str } from "effect"
import { TestDatabase } from "../support/TestDatabase.ts"

class Person extends Model.Class<Person>("Person")({
  id: Model.Generated(Schema.Number),
  fullName: Schema.NonEmptyTrimmedString,
  nickname: Model.FieldOption(Schema.String),
  createdAt: Model.DateTimeInsertFromDate
}) {}

const createPeople = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`
    CREATE TABLE IF NOT EXISTS people (
      id serial PRIMARY KEY, full_name text NOT NULL, nickname text, created_at timestamptz NOT NULL)`
)

const repository = Effect.zipRight(
  createPeople,
  Model.makeRepository(Person, { tableName: "people", spanPrefix: "People", idColumn: "id" })
)

const named = (fullName: string) => Person.insert.make({ fullName, nickname: Option.none() })

const database = TestDatabase.client({
  transformQueryNames: Str.camelToSnake,
  transformResultNames: Str.snakeToCamel
})

layer(database, { excludeTestServices: true })("Model", (it) => {
  it.effect("a repository inserts, finds, updates and deletes rows", () =>
    Effect.gen(function* () {
      const people = yield* repository
      const ada = yield* people.insert(named("Ada Lovelace"))
      assert.instanceOf(ada, Person)
      assert.isTrue(DateTime.isUtc(ada.createdAt))
      assert.deepStrictEqual(yield* people.findById(ada.id), Option.some(ada))
      const change = Person.update.make({ ...ada, nickname: Option.some("the countess") })
      const renamed = yield* people.update(change)
      assert.deepStrictEqual(renamed.nickname, Option.some("the countess"))
      assert.deepStrictEqual(yield* people.findById(ada.id), Option.some(renamed))
      yield* people.delete(ada.id)
      assert.deepStrictEqual(yield* people.findById(ada.id), Option.none())
    })
  )

  it.effect("a repository writes in the transaction that is open, and leaves with it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const people = yield* repository
      const seenInside = yield* Effect.flip(
        sql.withTransaction(
          Effect.gen(function* () {
            const { id } = yield* people.insert(named("Grace Hopper"))
            return yield* Effect.fail(yield* people.findById(id))
          })
        )
      )
      assert.isTrue(Option.isOption(seenInside) && Option.isSome(seenInside))
      const kept = yield* sql`SELECT 1 FROM people WHERE full_name = 'Grace Hopper'`
      assert.deepStrictEqual(kept, [])
    })
  )

  it.effect("data loaders put what is asked for at once into one statement", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* createPeople
      const people = yield* Model.makeDataLoaders(Person, {
        tableName: "people",
        spanPrefix: "People",
        idColumn: "id",
        window: "10 millis"
      })
      const names = ["Barbara", "Frances", "Radia"]
      const inserted = yield* Effect.forEach(names, (name) => people.insert(named(name)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        inserted.map(({ fullName }) => fullName),
        names
      )
      const statements = yield* sql`
        SELECT DISTINCT xmin::text FROM people WHERE ${sql.in("fullName", names)}`
      assert.lengthOf(statements, 1)
    }).pipe(Effect.scoped)
  )
})

const Row = Schema.Struct({ id: Schema.Number, word: Schema.String })

const words = Effect.map(SqlClient.SqlClient, (sql) => ({
  add: SqlSchema.void({
    Request: Row,
    execute: (row) => sql`INSERT INTO words ${sql.insert(row)}`
  }),
  longerThan: SqlSchema.findAll({
    Request: Schema.NumberFromString,
    Result: Row,
    execute: (length) => sql`SELECT * FROM words WHERE length(word) > ${length}::int ORDER BY id`
  }),
  first: SqlSchema.findOne({
    Request: Schema.Number,
    Result: Row,
    execute: (id) => sql`SELECT * FROM words WHERE id = ${id}`
  }),
  count: SqlSchema.single({
    Request: Schema.Void,
    Result: Schema.Struct({ count: Schema.BigInt }),
    execute: () => sql`SELECT count(*) FROM words`
  }),
  only: SqlSchema.single({
    Request: Schema.Number,
    Result: Schema.Struct({ id: Schema.Number, word: Schema.Literal("one") }),
    execute: (id) => sql`SELECT * FROM words WHERE id = ${id}`
  })
}))

layer(TestDatabase.layer, { excludeTestServices: true })("SqlSchema", (it) => {
  it.effect("encodes what is asked and decodes what is answered", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE words (id int, word text)`
      const { add, count, first, longerThan, only } = yield* words
      const rows = ["one", "three", "seven"].map((word, index) => ({ id: index + 1, word }))
      for (const row of rows) assert.isUndefined(yield* add(row))
      assert.deepStrictEqual(yield* longerThan(3), rows.slice(1))
      assert.deepStrictEqual(yield* first(2), Option.fromNullable(rows[1]))
      assert.deepStrictEqual(yield* first(9), Option.none())
      assert.deepStrictEqual(yield* count(), { count: 3n })
      assert.deepStrictEqual(yield* only(1), { id: 1, word: "one" })
      assert.strictEqual((yield* Effect.flip(only(2)))._tag, "ParseError")
      assert.strictEqual((yield* Effect.flip(only(9)))._tag, "NoSuchElementException")
    })
  )
})
