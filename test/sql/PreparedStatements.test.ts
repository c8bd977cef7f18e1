import { SqlClient } from "@effect/sql"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { KnownText, KnownTexts } from "../../src/sql/session/KnownTexts.ts"
import { PreparedStatements } from "../../src/sql/session/PreparedStatements.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** One session, so that it is the one that prepares and the one that is asked. */
const oneSession = TestDatabase.client({ maxConnections: 1, preparedStatements: 3 })

let asked = 0

/** The statements that the session holds, in order; this one has another text each time. */
const held = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql.unsafe<{ readonly statement: string }>(
      `SELECT statement FROM pg_prepared_statements ORDER BY prepare_time /* ${asked++} */`
    ),
    (rows) => rows.map(({ statement }) => statement)
  )

const twice = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.zipRight(effect, effect)

layer(oneSession, { excludeTestServices: true })("a session", (it) => {
  it.effect("prepares what it runs a second time, and no more than it may keep", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`SELECT ${1}::int AS once`
      assert.deepStrictEqual(yield* held(sql), [])
      for (const name of ["a", "b", "c", "d", "a", "e"]) {
        yield* twice(sql`SELECT ${1}::int AS ${sql(name)}`)
      }
      assert.deepStrictEqual(yield* held(sql), [
        'SELECT $1::int AS "d"',
        'SELECT $1::int AS "a"',
        'SELECT $1::int AS "e"'
      ])
    })
  )

  it.effect("answers as before when its statements were discarded", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const sum = sql<{ readonly sum: number }>`SELECT ${2}::int + ${3}::int AS sum`
      yield* twice(sum)
      for (const discard of ["DISCARD ALL", "DEALLOCATE ALL"]) {
        yield* sql.unsafe(discard)
        assert.deepStrictEqual(yield* twice(sum), [{ sum: 5 }])
      }
      // Behind the session's back, as a pooler does it.
      yield* sql`DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`
      assert.deepStrictEqual(yield* sum, [{ sum: 5 }])
      assert.deepStrictEqual(yield* sum, [{ sum: 5 }])
    })
  )

  it.effect("sees a table as it is after it was altered", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE altered (id int)`
      yield* sql`INSERT INTO altered VALUES (1)`
      const all = sql`SELECT * FROM altered WHERE id = ${1}`
      assert.deepStrictEqual(yield* twice(all), [{ id: 1 }])
      yield* sql`ALTER TABLE altered ADD COLUMN note text DEFAULT 'new'`
      assert.deepStrictEqual(yield* all, [{ id: 1, note: "new" }])
      yield* twice(all)
      yield* sql`ALTER TABLE altered ALTER COLUMN id TYPE text`
      const asText = sql`SELECT * FROM altered`
      assert.deepStrictEqual(yield* twice(asText), [{ id: "1", note: "new" }])
    })
  )

  it.effect("rolls back a transaction that meets an altered table, and a replay succeeds", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE moving (id int)`
      const all = sql`SELECT * FROM moving`
      yield* twice(all)
      yield* sql`ALTER TABLE moving ADD COLUMN note text`
      const error = yield* Effect.flip(sql.withTransaction(all))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.outcome, "RolledBack")
      assert.isTrue(error.isSafeToReplay)
      yield* twice(all)
      yield* sql`ALTER TABLE moving ADD COLUMN other text`
      assert.deepStrictEqual(yield* PgClient.replay(sql.withTransaction(all)), [])
    })
  )

  it.effect(
    "reads its parameters as the altered column has them, after a first failure at most",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE wide (id int)`
        const insert = (id: number) => sql`INSERT INTO wide VALUES (${id})`
        yield* twice(insert(1))
        yield* insert(2)
        yield* sql`ALTER TABLE wide ALTER COLUMN id TYPE bigint`
        yield* insert(3_000_000_000)
        yield* insert(3_000_000_001)
        assert.lengthOf(yield* sql`SELECT id FROM wide`, 5)
      })
  )

  it.effect("replays a transaction whose parameter was prepared for another type", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE keyed (id text)`
      const id = "3f0c6a5e-8f0d-4d53-9a55-4a1f4d1c2b11"
      const insert = sql.withTransaction(sql`INSERT INTO keyed VALUES (${id})`)
      yield* Effect.replicateEffect(insert, 3)
      yield* sql`ALTER TABLE keyed ALTER COLUMN id TYPE uuid USING id::uuid`
      yield* PgClient.replay(insert)
      // It was not because of what was prepared: told at once, for good.
      const wrong = sql.withTransaction(sql`INSERT INTO keyed VALUES (${1}::int)`)
      const error = yield* Effect.flip(PgClient.replay(wrong))
      assert.instanceOf(error, PgError)
      assert.isFalse(error.isRetryable)
    })
  )

  it.effect("may alter and read a table in one transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE grown (id int)`
      const all = sql`SELECT * FROM grown`
      yield* twice(all)
      yield* all
      yield* sql.withTransaction(Effect.zipRight(sql`ALTER TABLE grown ADD COLUMN note text`, all))
    })
  )

  it.effect("tells a failure of the statement itself, and goes on", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const divide = (by: number) => sql`SELECT 1 / ${by}::int AS quotient`
      for (const by of [1, 0, 0, 1, 1]) {
        const result = yield* Effect.either(divide(by))
        assert.strictEqual(result._tag, by === 0 ? "Left" : "Right")
      }
    })
  )
})

const values = fc.record({
  text: fc.option(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))),
  number: fc.option(fc.double({ noNaN: true }).map((number) => number + 0)),
  flag: fc.option(fc.boolean()),
  time: fc.option(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })),
  bytes: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  list: fc.option(fc.array(fc.integer({ min: -9, max: 9 })))
})

layer(TestDatabase.client({ maxConnections: 1 }), { excludeTestServices: true })(
  "a prepared statement",
  (it) => {
    it.effect.prop(
      "answers with the same values as the driver does with one that is not",
      [values],
      ([{ bytes, flag, list, number, text, time }]) =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const statement = sql`SELECT ${text}::text AS text, ${number}::float8 AS number,
            ${flag}::bool AS flag, ${time}::timestamptz AS time, ${bytes}::bytea AS bytes,
            ${list}::int[] AS list, 7 AS __proto__`
          const expected = { text, number, flag, time, bytes, list }
          for (const [row] of [yield* statement, yield* statement, yield* statement]) {
            const { ["__proto__"]: seven, ...rest } = row ?? {}
            assert.strictEqual(seven, 7)
            assert.deepStrictEqual(rest, expected)
          }
          assert.deepStrictEqual(yield* statement.values, yield* statement.values)
        }),
      { fastCheck: { numRuns: 100 } }
    )
  }
)

describe("the texts of a pool", () => {
  const verbs = fc.constantFrom("select", "INSERT", "Update", "delete", "MERGE", "with", "values")
  const lead = fc.array(fc.constantFrom(" ", "\n", "(", "-- it is\n", "/* so */"))

  it.prop("are of rows where their first word says so", [lead, verbs], ([lead, verb]) => {
    assert.isTrue(new KnownText(`${lead.join("")}${verb} 1`).isRowStatement)
    assert.isTrue(new KnownText(`${lead.join("")}${verb} 1; \n`).isRowStatement)
    assert.isFalse(new KnownText(`${lead.join("")}${verb} 1; select 2`).isRowStatement)
    assert.isFalse(new KnownText(`${lead.join("")}set ${verb} = 1`).isRowStatement)
    assert.isFalse(new KnownText(`${lead.join("")}${verb}ed 1`).isRowStatement)
  })

  it("are read in a time that does not explode, however they begin", () => {
    const known = new KnownText(`${"/**/".repeat(4_000)}set`)
    assert.isFalse(known.isRowStatement)
  })

  it.prop(
    "have one name each, and are counted",
    [fc.array(fc.integer({ max: 3, min: 0 }))],
    ([uses]) => {
      const texts = new KnownTexts()
      const counts = uses.map((use) => texts.use(`select ${use}`))
      uses.forEach((use, index) => {
        assert.strictEqual(counts[index]?.uses, uses.filter((other) => other === use).length)
        assert.strictEqual(counts[index]?.name, new KnownText(`select ${use}`).name)
      })
      assert.strictEqual(new Set(counts.map(({ name }) => name)).size, new Set(uses).size)
    }
  )
})

describe("the prepared statements of a session", () => {
  it.prop(
    "are never more than may be kept, and the last used ones, whether they succeed or not",
    [
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.boolean()))
    ],
    ([limit, uses]) => {
      const prepared = new PreparedStatements(limit)
      const server = new Set<string>()
      for (const [name, succeeds] of uses) {
        if (prepared.use(name, 0) !== undefined) continue
        prepared.begin(name)
        for (const closed of prepared.takeOwed()) server.delete(closed)
        server.add(name)
        if (succeeds) prepared.done(name, { shape: undefined }, 0)
        assert.isAtMost(server.size, limit)
        assert.strictEqual(prepared.use(name, 0) !== undefined, succeeds)
      }
      const names = uses.map(([name]) => name)
      const recent = [...new Set(names.toReversed())].slice(0, limit)
      assert.deepStrictEqual([...server].sort(), recent.sort())
    }
  )

  it("are prepared anew after half a minute, or when they are in doubt", () => {
    const prepared = new PreparedStatements(2)
    prepared.begin("a")
    prepared.done("a", { shape: undefined }, 1_000)
    assert.isDefined(prepared.use("a", 30_999))
    assert.isUndefined(prepared.use("a", 31_000))
    prepared.begin("a")
    prepared.done("a", { shape: undefined }, 31_000)
    prepared.doubt("a")
    assert.isUndefined(prepared.use("a", 31_000))
  })
})
