import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { makeCompiler } from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import * as pg from "pg"
import { endOf } from "./End.ts"
import { committed, createLedger } from "./Ledger.ts"
import { compare, type Scene } from "./Scenario.ts"

/** What every session is set up with, and refuses. */
const setUp = "SELECT 1/0"

/** What the stock layer's transactions stand on, over a session that ends with its scope. */
const stockOver = ({ name, url }: Scene) =>
  Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.sync(
        () => new pg.Client({ connectionString: Redacted.value(url), application_name: name })
      ),
      (client) => Effect.promise(() => client.end())
    )
    const session = Effect.acquireRelease(
      Effect.promise(() => client.connect()),
      () => Effect.promise(() => client.end())
    )
    const refused = Effect.tryPromise({
      try: () => client.query(setUp),
      catch: (cause) => new SqlError({ cause })
    })
    const sql = yield* SqlClient.make({
      acquirer: Effect.zipRight(session, Effect.zipRight(refused, Effect.never)),
      compiler: makeCompiler(),
      spanAttributes: []
    })
    return { sql, applicationName: name }
  }).pipe(Effect.provide(Reactivity.layer))

/** A client whose sessions open, but can't be set up; and the name they have on the server. */
const unready = (scene: Scene) =>
  scene.kind === "stock"
    ? stockOver(scene)
    : Effect.map(
        scene.open({
          lazy: true,
          minConnections: 0,
          initialize: (session) => Effect.asVoid(session.executeUnprepared(setUp, [], undefined))
        }),
        (sql) => ({ sql, applicationName: sql.config.applicationName })
      )

compare("transactions", (row) => {
  row("n", "a transaction whose connection can't be set up leaves none open", {
    onStock: "that connection stays open for ever",
    scenario: (scene) =>
      Effect.gen(function* () {
        const { applicationName, sql } = yield* unready(scene)
        const end = yield* endOf(sql.withTransaction(sql`SELECT 1`))
        yield* Effect.sleep("100 millis")
        const sessions = yield* scene.administer(
          "SELECT 1 FROM pg_stat_activity WHERE application_name = $1",
          [applicationName]
        )
        return { end, sessionsLeftOpen: sessions.length }
      }),
    stock: { end: "fails", sessionsLeftOpen: 1 },
    holdfast: { end: "fails: NotSent", sessionsLeftOpen: 0 }
  })

  row("o", "a transaction of one client takes in no statement of another", {
    onStock: "the statements of the other are rolled back with it",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        const other = yield* scene.open()
        yield* createLedger(scene)
        const body = other`INSERT INTO ${other(scene.name)} VALUES (1)`
        yield* Effect.ignore(sql.withTransaction(Effect.zipRight(body, Effect.fail("no"))))
        return yield* committed(scene)
      }),
    stock: [],
    holdfast: [1]
  })

  row("p", "of transactions nested side by side only those that fail are lost", {
    onStock: "those that succeed are lost as well, and nobody is told",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* createLedger(scene)
        const nested = (id: number) => {
          const insert = sql`INSERT INTO ${sql(scene.name)} VALUES (${id})`
          return endOf(
            sql.withTransaction(id % 2 === 0 ? Effect.zipRight(insert, Effect.fail("no")) : insert)
          )
        }
        const ends = yield* sql.withTransaction(
          Effect.forEach([1, 2, 3, 4], nested, { concurrency: "unbounded" })
        )
        return { ends, rows: yield* committed(scene) }
      }),
    stock: { ends: ["succeeds", "fails", "succeeds", "fails"], rows: [] },
    holdfast: { ends: ["succeeds", "fails", "succeeds", "fails"], rows: [1, 3] }
  })
})
