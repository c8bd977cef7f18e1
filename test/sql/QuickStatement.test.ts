import { SqlClient, type SqlError, Statement } from "@effect/sql"
import * as Stock from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Chunk, Context, Effect, Layer, String as Str, Stream, Tracer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const open = (client: Layer.Layer<SqlClient.SqlClient, SqlError.SqlError>) =>
  Effect.map(Layer.build(client), (context) => Context.get(context, SqlClient.SqlClient))

const transforms = { transformResultNames: Str.snakeToCamel, transformQueryNames: Str.camelToSnake }

/** Both clients on the file's database. */
const clients = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.all({
    ours: open(PgClient.layer({ ...transforms, url, maxConnections: 1 })),
    stock: open(Stock.layer({ ...transforms, url, maxConnections: 1 }))
  })
)

type Form = (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>

const numbered = (sql: SqlClient.SqlClient) =>
  sql`SELECT ${1}::int AS "oneNumber", 2 AS two_numbers`

const forms: Readonly<Record<string, Form>> = {
  plain: numbered,
  values: (sql) => numbered(sql).values,
  unprepared: (sql) => numbered(sql).unprepared,
  withoutTransform: (sql) => numbered(sql).withoutTransform,
  raw: (sql) =>
    Effect.map(numbered(sql).raw, (raw) =>
      typeof raw === "object" && raw !== null && "rows" in raw ? raw.rows : raw
    ),
  stream: (sql) => Effect.map(Stream.runCollect(numbered(sql).stream), Chunk.toReadonlyArray),
  unsafe: (sql) => sql.unsafe("SELECT $1::int AS a_number", [1]),
  fragment: (sql) => sql`SELECT * FROM (${sql`SELECT ${3}::int AS three`}) AS inner_one`,
  client: (sql) => sql.withoutTransforms()`SELECT 1 AS a_number`,
  transaction: (sql) => sql.withTransaction(numbered(sql)),
  failure: (sql) => Effect.catchAll(sql`SELECT missing`, ({ _tag }) => Effect.succeed(_tag))
}

/** What an effect gives, and the spans that a tracer sees of it. */
const traced = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.flatMap(Effect.tracer, (native) => {
    const seen: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (...options) => {
        const span = native.span(...options)
        seen.push(span)
        return span
      },
      context: native.context
    })
    return Effect.map(Effect.withTracer(effect, tracer), (value) => ({
      value,
      spans: seen.map(({ attributes, kind, name, status }) => ({
        name,
        kind,
        attributes: Object.fromEntries(attributes),
        status: status._tag
      }))
    }))
  })

layer(TestDatabase.address, { excludeTestServices: true })("a statement", (it) => {
  it.scoped("gives what it gives on the stock client, and without a tracer the same", () =>
    Effect.gen(function* () {
      const { ours, stock } = yield* clients
      for (const [name, form] of Object.entries(forms)) {
        const expected = yield* form(stock)
        assert.deepStrictEqual(yield* form(ours), expected, name)
        assert.deepStrictEqual((yield* traced(form(ours))).value, expected, name)
      }
    })
  )

  it.scoped("shows a tracer the spans of the stock client, and acquires besides", () =>
    Effect.gen(function* () {
      const { ours, stock } = yield* clients
      for (const [name, form] of Object.entries(forms)) {
        const { spans } = yield* traced(form(ours))
        const statements = spans.filter((span) => span.name !== "Pool.acquire")
        // The stock client leaves the span of a stream out of its context.
        assert.strictEqual(spans.length > statements.length, name !== "stream", name)
        assert.deepStrictEqual(statements, (yield* traced(form(stock))).spans, name)
      }
      const unseen = yield* traced(Effect.withTracerEnabled(numbered(ours), false))
      assert.deepStrictEqual(unseen.spans, [])
      assert.lengthOf(unseen.value, 1)
    })
  )

  it.scoped("can be replaced by a transformer, which gets its span", () =>
    Effect.gen(function* () {
      const { ours } = yield* clients
      const names: Array<string> = []
      const replaced = Statement.withTransformer(numbered(ours), (_statement, sql, _refs, span) => {
        names.push(span.name)
        return Effect.succeed(sql`SELECT 7 AS seven`)
      })
      assert.deepStrictEqual(yield* replaced, [{ seven: 7 }])
      assert.deepStrictEqual(names, ["sql.execute"])
    })
  )

  it.scoped("is told from its parts as the stock client's is", () =>
    Effect.gen(function* () {
      const { ours, stock } = yield* clients
      assert.deepStrictEqual(numbered(ours).compile(), numbered(stock).compile())
      assert.deepStrictEqual(numbered(ours).compile(true), numbered(stock).compile(true))
      assert.isTrue(Statement.isFragment(numbered(ours)))
      const [here, there] = [numbered(ours), numbered(stock)].map((each) => JSON.stringify(each))
      assert.strictEqual(here, there)
    })
  )
})
