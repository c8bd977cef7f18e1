import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"
import { migrateFirst } from "../../src/auth/Migrations.ts"
import { PgClient } from "../../src/sql/index.ts"
import { catalog, migrated, onEmpty, run, state } from "../support/EmptyDatabase.ts"
import { ensureSchema } from "../support/ensureSchema.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

/** Runs as one whose name is that of a schema, which so comes before "public". */
const withFront = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(TestDatabase, ({ url }) => {
    const address = new URL(Redacted.value(url))
    const name = decodeURIComponent(address.username)
    return Effect.zipRight(
      run(`create schema if not exists "${name}"`),
      Effect.provide(effect, Layer.fresh(PgClient.layer({ url, maxConnections: 1 })))
    )
  })

const places = run(`select nspname as place, relname as name from pg_class c
  join pg_namespace n on n.oid = relnamespace where relname in ('users', 'holdfast_migrations')
  order by 2, 1`)

const inPublic = [
  { place: "public", name: "holdfast_migrations" },
  { place: "public", name: "users" }
]

describe("where a schema of the role's name has come before that of the tables", () => {
  it.live("no table is made in front of them, and it is said what to do", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        yield* run("delete from holdfast_migrations where migration_id > 3")
        const { message } = yield* Effect.flip(withFront(migrated))
        assert.match(message, /holdfast_migrations.* users in public; new ones in \w+/)
        assert.match(message, /Nothing was changed.*search_path/)
        assert.deepStrictEqual(yield* places, inPublic)
      })
    )
  )

  it.live("tables that nobody has written down are not made twice either", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(schema)
        const { message } = yield* Effect.flip(withFront(migrated))
        assert.include(message, "users in public; new ones in")
        assert.deepStrictEqual(yield* places, inPublic.slice(1))
        yield* run("drop table sessions")
        const { url } = yield* TestDatabase
        const ensured = PgClient.layer({ url, initialize: ensureSchema(schema) })
        const again = yield* Effect.flip(Effect.provide(Effect.void, ensured))
        assert.include(again.message, "users in public; new ones in")
      })
    )
  )

  it.live("a service goes on with them as long as there is nothing to be made", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        assert.lengthOf(yield* withFront(migrated), 0)
        const { url } = yield* TestDatabase
        const first = PgClient.layer({ url, initialize: migrateFirst })
        assert.deepStrictEqual((yield* Effect.provide(state, first)).pending, [])
      })
    )
  )

  it.live("a table that already hides another one is no reason to go on", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        const hidden = withFront(
          Effect.zipRight(run("create table users (like public.users)"), migrated)
        )
        const { message } = yield* Effect.flip(hidden)
        assert.match(message, /users in \w+; .*throttles in public/)
      })
    )
  )
})

const foreign = Object.keys(authSchema.marks ?? {})

describe("a table that only has the same name", () => {
  it("would be known by its columns, whichever it is", () => {
    const looksItself = ["users", "sessions"]
    assert.sameMembers([...foreign, ...looksItself], [...authSchema.tables])
  })

  it.live.each([
    ["throttles", "count, free_at, attempt"],
    ["holdfast_migrations", "name"]
  ])("%s is named before anything is changed, with what it lacks", ([table, lacking]) =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(`create table ${table} (key bytea, migration_id int, created_at timestamptz)`)
        const before = yield* catalog
        const { message } = yield* Effect.flip(migrated)
        assert.include(message, `table ${table} already that is not holdfast's`)
        assert.include(message, `no column ${lacking}.`)
        assert.deepStrictEqual(yield* catalog, before)
      })
    )
  )
})
