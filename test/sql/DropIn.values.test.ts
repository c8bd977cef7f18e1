import { SqlClient, type SqlError, type Statement } from "@effect/sql"
import * as Stock from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Chunk, Context, Effect, Layer, Schema, type Scope, String as Str, Stream } from "effect"
import * as pg from "pg"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const literals = [
  "1::int2, 2::int4, 9007199254740993::int8, 1.50::numeric, 1.5::float4, 'NaN'::float8, 7::oid",
  "true, false, 'a'::\"char\", 'ab '::char(4), 'text'::text, 'name'::name, ''::text, 12.5::money",
  "'\\x00ff'::bytea, B'101'::bit(3), gen_random_uuid() IS NULL, NULL::int4, NULL::text",
  '\'{"a":[1,null,"ü"]}\'::json, \'{"a":{"b":1.0}}\'::jsonb, \'null\'::jsonb, \'"s"\'::json',
  "'2024-02-29'::date, '2024-02-29 12:34:56.789012'::timestamp, 'infinity'::timestamptz",
  "'2024-02-29 12:34:56+02'::timestamptz, '12:34'::time, '1 day 2 hours'::interval, '-1 s'::interval",
  "'{1,NULL,3}'::int4[], '{{a,b},{c,\"d,e\"}}'::text[], '{}'::int8[], '{t,f}'::bool[]",
  "ARRAY['{\"a\":1}'::jsonb], ARRAY['2024-01-01'::timestamptz], ARRAY['\\x01'::bytea], ARRAY[1.5]",
  "'(1,2)'::point, '<(1,2),3>'::circle, '10.0.0.1/8'::inet, '[1,5)'::int4range, ROW(1,'a'), 'a b'::tsvector"
]

const statements = [
  `SELECT ${literals.join(", ")}`,
  "SELECT 1 AS twice, 2 AS twice",
  'SELECT 1 AS "__proto__", 2 AS "toString"',
  "SELECT generate_series(1, 300) AS n",
  "SELECT 1 AS one WHERE false",
  "SELECT FROM generate_series(1, 2)",
  "SELECT pg_sleep(0)",
  "VALUES (1, 'a'), (2, NULL)",
  "CREATE TEMPORARY TABLE IF NOT EXISTS scratch (id int)",
  "UPDATE pairs SET word = word",
  "UPDATE pairs SET word = word RETURNING id, word",
  "SELECT 1 AS one; SELECT 2 AS two; UPDATE pairs SET id = id",
  "SHOW server_encoding",
  "DO $$ BEGIN RAISE NOTICE 'heard'; END $$"
]

const parameters: ReadonlyArray<readonly [type: string, value: unknown]> = [
  ["int4", 1],
  ["int8", 9007199254740993n],
  ["float8", 0.1],
  ["bool", true],
  ["text", 'it\'s \\ "quoted" ü'],
  ["text", ""],
  ["text", null],
  ["text", undefined],
  ["timestamptz", new Date(0)],
  ["bytea", Buffer.from([0, 255])],
  ["bytea", new Uint8Array([1, 2])],
  ["int4[]", [1, null, 3]],
  [
    "text[]",
    [
      ["a", "b,c"],
      ['d"', "NULL"]
    ]
  ],
  ["jsonb", { key: [1, "a", null] }],
  ["jsonb", "[1]"],
  ["text", 12]
]

const mistakes = [
  "SELEC 1",
  "SELECT missing FROM pairs",
  "INSERT INTO pairs VALUES (1, 'again')",
  "SELECT 1 / 0",
  "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'HF001', DETAIL = 'd', HINT = 'h'; END $$"
]

const open = (client: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>) =>
  Effect.map(Layer.build(client), (context) => Context.get(context, SqlClient.SqlClient))

/** Both clients on the file's database. */
const clients = (config: Stock.PgClientConfig = {}) =>
  Effect.flatMap(TestDatabase, ({ url }) =>
    Effect.all({
      ours: open(PgClient.layer({ ...config, url, maxConnections: 1 })),
      stock: open(Stock.layer({ ...config, url, maxConnections: 1 }))
    })
  )

/** What the driver tells of a statement, whatever the class of its result. */
const Told = Schema.Struct({
  command: Schema.NullOr(Schema.String),
  rowCount: Schema.NullOr(Schema.Number),
  fields: Schema.Array(Schema.Struct({ name: Schema.String, dataTypeID: Schema.Number })),
  rows: Schema.Array(Schema.Unknown)
})

/** Everything that one statement answers, in each way of asking. */
const answers = (statement: Statement.Statement<unknown>, isSingle: boolean) =>
  Effect.all({
    rows: statement,
    plain: statement.withoutTransform,
    unprepared: statement.unprepared,
    raw: Effect.map(statement.raw, (raw) =>
      [raw].flat().map((one) => Schema.decodeUnknownSync(Told)(one))
    ),
    values: isSingle ? statement.values : Effect.void,
    streamed: isSingle
      ? Effect.map(Stream.runCollect(statement.stream), Chunk.toReadonlyArray)
      : Effect.void
  })

type Ask<A> = (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError.SqlError, Scope.Scope>

/** Asks twice, since a client may prepare what it sees again, and once within a transaction. */
const assertAlike = <A>(
  { ours, stock }: { readonly ours: SqlClient.SqlClient; readonly stock: SqlClient.SqlClient },
  ask: Ask<A>
) =>
  Effect.gen(function* () {
    const expected = yield* ask(stock)
    assert.deepStrictEqual(yield* ask(ours), expected)
    assert.deepStrictEqual(yield* ask(ours), expected)
    assert.deepStrictEqual(yield* ours.withTransaction(ask(ours)), expected)
  })

const createPairs = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.zipRight(
    sql`CREATE TABLE IF NOT EXISTS pairs (id int PRIMARY KEY, word text)`,
    sql`INSERT INTO pairs VALUES (1, 'one'), (2, 'two') ON CONFLICT DO NOTHING`
  )
)

const camelCased = {
  transformQueryNames: Str.camelToSnake,
  transformResultNames: Str.snakeToCamel
}

layer(TestDatabase.layer, { excludeTestServices: true })("values", (it) => {
  it.scoped("every statement answers what it answers on the stock client", () =>
    Effect.gen(function* () {
      yield* createPairs
      const both = yield* clients()
      for (const statement of statements)
        yield* assertAlike(both, (sql) =>
          answers(sql.unsafe(statement), !/;|^CREATE|^DO/.test(statement))
        )
    })
  )

  it.scoped("every parameter reaches the server as from the stock client", () =>
    Effect.gen(function* () {
      const both = yield* clients()
      const list = parameters.map(([type], index) => `$${index + 1}::${type} AS p${index}`)
      const values = parameters.map(([, value]) => value)
      yield* assertAlike(both, (sql) =>
        answers(sql.unsafe(`SELECT ${list.join(", ")}`, values), true)
      )
    })
  )

  it.scoped("every mistake leads to the server's answer in the same words", () =>
    Effect.gen(function* () {
      yield* createPairs
      const both = yield* clients()
      const causeOf = (statement: string) => (sql: SqlClient.SqlClient) =>
        Effect.map(Effect.flip(Effect.asVoid(sql.unsafe(statement))), ({ _tag, cause }) => {
          assert.instanceOf(cause, pg.DatabaseError)
          return { _tag, ...cause, message: cause.message }
        })
      for (const statement of mistakes) {
        const expected = yield* causeOf(statement)(both.stock)
        assert.deepStrictEqual(yield* causeOf(statement)(both.ours), expected)
        assert.deepStrictEqual(yield* causeOf(statement)(both.ours), expected)
      }
    })
  )

  it.scoped("names and JSON are transformed as on the stock client", () =>
    Effect.gen(function* () {
      for (const transformJson of [true, false]) {
        const both = yield* clients({ ...camelCased, transformJson })
        yield* assertAlike(both, (sql) =>
          answers(
            sql`SELECT ${1}::int AS some_name, '{"in_ner":[{"a_b":1}]}'::jsonb AS js_on`,
            true
          )
        )
      }
    })
  )

  it.scoped("the types of a configuration parse its values", () =>
    Effect.gen(function* () {
      const parse = (oid: number) => (oid === 20 ? BigInt : (value: string) => `${oid}:${value}`)
      const both = yield* clients({ types: { getTypeParser: parse } })
      yield* assertAlike(both, (sql) =>
        answers(sql`SELECT 1::int8 AS eight, 2::int4 AS four, '{3}'::int8[] AS list`, true)
      )
      const rows = yield* both.ours`SELECT 1::int8 AS eight`
      assert.deepStrictEqual(rows, [{ eight: 1n }])
    })
  )
})
