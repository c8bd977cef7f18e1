import type { SqlError } from "@effect/sql/SqlError"
import * as Stock from "@effect/sql-pg/PgClient"
import { assert, layer, type Vitest } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import * as pg from "pg"
import { PgClient } from "../../../src/sql/index.ts"
import { FaultProxy } from "../../../src/testing/FaultProxy.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

/** One file's database, and a way into it past everything that is under test. */
class Stage extends Context.Tag("test/faults/Stage")<
  Stage,
  {
    readonly url: Redacted.Redacted<string>
    readonly administer: (text: string, values?: ReadonlyArray<unknown>) => Effect.Effect<Rows>
  }
>() {
  static readonly layer = Layer.scoped(
    Stage,
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const pool = yield* Effect.acquireRelease(
        Effect.sync(() => new pg.Pool({ connectionString: Redacted.value(url), max: 3 })),
        (pool) => Effect.promise(() => pool.end())
      )
      return {
        url,
        administer: (text, values = []) =>
          Effect.promise(async () => (await pool.query(text, [...values])).rows)
      }
    })
  ).pipe(Layer.provide(TestDatabase.address))
}

const layers = { stock: Stock.layer, holdfast: PgClient.layer }

type Kind = keyof typeof layers

/** What both layers can be given; a password may be more on ours. */
type Options = Omit<PgClient.PgClientConfig, "password">

/** What a scenario plays with. Each run of a scenario has a scene of its own. */
export interface Scene {
  readonly kind: Kind
  /** Unique in the database, for a table or a channel. */
  readonly name: string
  /** Opens a client of the layer under test. It reaches the database through `proxy`. */
  readonly open: (config?: Options) => Effect.Effect<PgClient.PgClient, SqlError, Scope.Scope>
  /** Ends the sessions of a client, as a server does that restarts. */
  readonly kill: (sql: PgClient.PgClient) => Effect.Effect<void>
  /** A faithful one, until told otherwise. */
  readonly proxy: FaultProxy["Type"]
  /** The database's own address. */
  readonly url: Redacted.Redacted<string>
  readonly administer: Stage["Type"]["administer"]
  /** Somebody else's session, straight at the database. */
  readonly outsider: Effect.Effect<pg.Client, never, Scope.Scope>
}

const connected = (url: Redacted.Redacted<string>) =>
  Effect.tap(
    Effect.acquireRelease(
      Effect.sync(() => new pg.Client(Redacted.value(url))),
      (client) => Effect.promise(() => client.end())
    ),
    (client) => Effect.promise(() => client.connect())
  )

let count = 0

const sceneOf = (kind: Kind) =>
  Effect.gen(function* () {
    const { administer, url } = yield* Stage
    const { hostname, port } = new URL(Redacted.value(url))
    const proxy = yield* FaultProxy.make({ upstream: { host: hostname, port: Number(port) } })
    const kill: Scene["kill"] = ({ config }) =>
      Effect.asVoid(
        administer(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()",
          [config.applicationName]
        )
      )
    const open: Scene["open"] = (config = {}) =>
      Effect.gen(function* () {
        const applicationName = `${kind}_${count++}`
        const built = yield* Layer.build(
          layers[kind]({ url: proxy.url(url), ...config, applicationName })
        )
        const sql = Context.get(built, PgClient.PgClient)
        // What hangs on the stock layer must let go of its sockets before the next test.
        yield* Effect.addFinalizer(() => kill(sql))
        return sql
      })
    const name = `${kind}_${count++}`
    return { kind, name, open, kill, proxy, url, administer, outsider: connected(url) }
  })

/**
 * One row of the comparison. The scenario says what it saw as plain data, and runs twice: on the
 * stock layer, so that the day it behaves is noticed, and on ours.
 */
interface Comparison<A> {
  /** What happens on the stock layer, as the end of the sentence "on the stock layer ...". */
  readonly onStock: string
  readonly scenario: (scene: Scene) => Effect.Effect<A, SqlError, Scope.Scope>
  readonly stock: NoInfer<A>
  readonly holdfast: NoInfer<A>
}

/** Defines the two tests of a row; the guarantee names the one of ours. */
type DefineRow = <A>(letter: string, guarantee: string, comparison: Comparison<A>) => void

/** A busy machine may start processes slowly. */
const options = { concurrent: true, timeout: 40_000 }

const comparing =
  (it: Vitest.MethodsNonLive<Stage, true>): DefineRow =>
  (letter, guarantee, { holdfast, onStock, scenario, stock }) => {
    const run = (kind: Kind, expected: unknown) =>
      Effect.map(Effect.flatMap(sceneOf(kind), scenario), (seen) =>
        assert.deepStrictEqual<unknown>(seen, expected)
      )
    it.scoped(`${letter}: ${guarantee}`, () => run("holdfast", holdfast), options)
    it.scoped(`${letter}: on the stock layer ${onStock}`, () => run("stock", stock), options)
  }

/** Rows that share a database. They run side by side: most of them wait most of the time. */
export const compare = (situation: string, rows: (row: DefineRow) => void): void =>
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })(situation, (it) =>
    rows(comparing(it))
  )
