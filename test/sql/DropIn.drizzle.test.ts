import { createRequire } from "node:module"
import { SqlClient, SqlError } from "@effect/sql"
import * as PgDrizzle from "@effect/sql-drizzle/Pg"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as pg from "pg"
import { TestDatabase } from "../support/TestDatabase.ts"

// To the compiler the declarations of @effect/sql-drizzle are CommonJS, and drizzle's classes of that
// kind are others than an import here would give.
const require = createRequire(import.meta.url)
const { eq }: typeof import("drizzle-orm", { with: { "resolution-mode": "require" }}) =
  require("drizzle-orm")
const {
  pgTable,
  serial,
  text
}: typeof import("drizzle-orm/pg-core", { with: { "resolution-mode": "require" }}) =
  require("drizzle-orm/pg-core")

const planets = pgTable("planets", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  moonCount: text("moon_count")
})

const createPlanets = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`
    CREATE TABLE IF NOT EXISTS planets (
      id serial PRIMARY KEY, name text NOT NULL UNIQUE, moon_count text)`
)

const database = PgDrizzle.layer.pipe(
  Layer.provideMerge(Layer.effectDiscard(createPlanets)),
  Layer.provideMerge(TestDatabase.layer)
)

/** The error and all that it was caused by. */
const chainOf = (error: unknown): ReadonlyArray<unknown> =>
  error instanceof Error ? [error, ...chainOf(error.cause)] : []

const named = (name: string) => eq(planets.name, name)

layer(database, { excludeTestServices: true })("Drizzle", (it) => {
  it.effect("inserts, selects, updates and deletes", () =>
    Effect.gen(function* () {
      const db = yield* PgDrizzle.PgDrizzle
      const inserted = yield* db
        .insert(planets)
        .values([{ name: "Mars", moonCount: "2" }, { name: "Venus" }])
        .returning()
      assert.deepStrictEqual(
        inserted.map(({ moonCount, name }) => [name, moonCount]),
        [
          ["Mars", "2"],
          ["Venus", null]
        ]
      )
      yield* db.update(planets).set({ moonCount: "0" }).where(named("Venus"))
      yield* db.delete(planets).where(named("Mars"))
      const kept = yield* db.select({ moons: planets.moonCount }).from(planets)
      assert.deepStrictEqual(kept, [{ moons: "0" }])
    })
  )

  it.effect("fails with a SqlError whose causes lead to the server's answer", () =>
    Effect.gen(function* () {
      const db = yield* PgDrizzle.PgDrizzle
      const insert = db.insert(planets).values({ name: "Saturn" })
      yield* insert
      const error = yield* Effect.flip(insert)
      assert.instanceOf(error, SqlError.SqlError)
      const answer = chainOf(error).find((cause) => cause instanceof pg.DatabaseError)
      assert.strictEqual(answer?.code, "23505")
      assert.strictEqual(answer?.constraint, "planets_name_key")
    })
  )

  it.effect("runs in the transaction that is open, and is undone with it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const db = yield* PgDrizzle.PgDrizzle
      const seen = db.select({ name: planets.name }).from(planets).where(named("Pluto"))
      const body = Effect.gen(function* () {
        yield* db.insert(planets).values({ name: "Pluto" })
        return yield* Effect.fail(yield* seen)
      })
      assert.deepStrictEqual(yield* Effect.flip(sql.withTransaction(body)), [{ name: "Pluto" }])
      assert.deepStrictEqual(yield* seen, [])
      yield* sql.withTransaction(db.insert(planets).values({ name: "Pluto" }))
      assert.deepStrictEqual(yield* seen, [{ name: "Pluto" }])
    })
  )

  it.effect("goes on in its transaction after a savepoint that caught its failure", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const db = yield* PgDrizzle.PgDrizzle
      const insert = (name: string) => db.insert(planets).values({ name })
      const body = Effect.gen(function* () {
        yield* insert("Ceres")
        yield* Effect.flip(sql.withTransaction(insert("Ceres")))
        yield* insert("Eris")
      })
      yield* sql.withTransaction(body)
      const kept = yield* sql`SELECT name FROM planets WHERE name IN ('Ceres', 'Eris') ORDER BY 1`
      assert.deepStrictEqual(kept, [{ name: "Ceres" }, { name: "Eris" }])
    })
  )
})
