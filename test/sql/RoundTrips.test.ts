import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as pg from "pg"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Counts what is handed to the driver: each is sent at once, and answered before the next. */
let trips = 0

class Counting extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const query = this.query
    Reflect.set(this, "query", (...submitted: ReadonlyArray<unknown>) => {
      trips += 1
      return Reflect.apply(query, this, submitted)
    })
  }
}

const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    trips = 0
    return Effect.map(effect, () => trips)
  })

const client = TestDatabase.client({ driver: Counting, maxConnections: 1 })

layer(client, { excludeTestServices: true })("a transaction", (it) => {
  it.effect("of n statements takes n + 1 round trips", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE trips (id int)`
      const insert = (id: number) => sql`INSERT INTO trips VALUES (${id})`
      const three = Effect.all([insert(1), sql`SELECT id FROM trips`, insert(2)])
      assert.strictEqual(yield* counted(sql.withTransaction(three)), 4)
      assert.strictEqual(yield* counted(sql.withTransaction(insert(3))), 2)
      const failing = Effect.zipRight(insert(4), Effect.fail("no"))
      assert.strictEqual(yield* counted(Effect.flip(sql.withTransaction(failing))), 2)
      assert.lengthOf(yield* sql`SELECT id FROM trips`, 3)
    })
  )

  it.effect("takes one more where BEGIN can't travel with its first statement", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const firsts = [
        sql`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`,
        sql.unsafe("SELECT 1; SELECT 2"),
        Stream.runDrain(sql`SELECT 1`.stream)
      ]
      for (const first of firsts) {
        yield* sql.withTransaction(Effect.zipRight(first, sql`SELECT 1`))
        const status = Effect.zipRight(first, sql`SELECT pg_current_xact_id_if_assigned()`)
        yield* sql.withTransaction(status)
      }
      assert.strictEqual(yield* counted(sql.withTransaction(sql`SET LOCAL work_mem = '1MB'`)), 3)
    })
  )

  it.effect("that runs no statement sends nothing", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual(yield* counted(sql.withTransaction(Effect.void)), 0)
      assert.strictEqual(yield* counted(Effect.flip(sql.withTransaction(Effect.fail("no")))), 0)
    })
  )
})
