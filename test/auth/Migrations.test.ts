import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"
import { Migrations } from "../../src/auth/index.ts"
import { usersAndSessions } from "../../src/auth/migrations/UsersAndSessions.ts"
import { PgClient } from "../../src/sql/index.ts"
import { migrate } from "../../src/sql/schema/migrate.ts"
import type { Schema } from "../../src/sql/schema/SchemaState.ts"
import {
  all,
  catalog,
  held,
  migrated,
  onEmpty,
  quiet,
  run,
  state
} from "../support/EmptyDatabase.ts"
import { PgBouncer } from "../support/PgBouncer.ts"
import { describeWithPgBouncer } from "../support/PgBouncerProgram.ts"
import { pooler } from "../support/PooledClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

const id = "00000000-0000-4000-8000-000000000001"
const people = `
  insert into users (id, email, password_hash) values ('${id}', 'old@example.com', '$argon2id$v=19');
  insert into sessions (id, user_id, token_digest, expires)
    values ('${id}', '${id}', sha256('old token'), now() + interval '1 hour')`

const remaining = run(`
  select email, u.password_version as version, s.last_seen <= now() as is_seen
  from users u join sessions s on s.user_id = u.id`)

const kept = [{ email: "old@example.com", version: 0, is_seen: true }]

describe("the migrations", () => {
  it.live("from nothing, come to what schema.sql makes", () =>
    Effect.gen(function* () {
      const made = yield* onEmpty(Effect.zipRight(migrated, catalog))
      const written = yield* onEmpty(Effect.zipRight(run(schema), catalog))
      assert.isAbove(written.length, 60)
      assert.deepStrictEqual(made, written)
    })
  )

  it.live("bring the tables of the first version to today's, with all that is in them", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(`${usersAndSessions.script}; ${people}`)
        const made = yield* migrated
        assert.deepStrictEqual(
          made.map(({ id }) => id),
          all
        )
        assert.deepStrictEqual(yield* remaining, kept)
        const written = yield* onEmpty(Effect.zipRight(run(schema), catalog))
        assert.deepStrictEqual(yield* catalog, written)
      })
    )
  )

  it.live("take over what schema.sql has made, and change nothing of it", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(`${schema}; ${people}`)
        const before = yield* catalog
        assert.lengthOf(yield* migrated, all.length)
        assert.deepStrictEqual(yield* catalog, before)
        assert.deepStrictEqual(yield* remaining, kept)
        assert.lengthOf(yield* migrated, 0, "they are written down")
      })
    )
  )

  it.live("leave tables alone that only have the same name", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run("create table users (id serial primary key, name text)")
        const before = yield* catalog
        const error = yield* Effect.flip(migrated)
        assert.match(error.message, /^Migration 1_users_and_sessions failed: .*not holdfast's/)
        assert.deepStrictEqual(yield* catalog, before)
      })
    )
  )

  it.live("are safe to run from eight instances at once, on an empty database", () =>
    onEmpty(
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const instance = Effect.provide(
          migrated,
          Layer.fresh(PgClient.layer({ url, maxConnections: 1 }))
        )
        const made = yield* Effect.all(
          Array.from({ length: 8 }, () => instance),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(made.map(({ length }) => length).sort(), [
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          all.length
        ])
        const { pending } = yield* state
        assert.deepStrictEqual(pending, [])
      })
    )
  )

  it.live(
    "leave nothing when whoever runs them is killed in the middle, and can be run again",
    () =>
      onEmpty(
        Effect.gen(function* () {
          const { url } = yield* TestDatabase
          const victim = PgClient.layer({ url, applicationName: "victim", maxConnections: 1 })
          yield* run(`${usersAndSessions.script}; ${people}`)
          const before = yield* catalog
          // The second step has altered users and waits for sessions when its backend is ended.
          const error = yield* held((connection) =>
            Effect.gen(function* () {
              yield* connection.executeUnprepared(
                "begin; lock table sessions in share mode",
                [],
                undefined
              )
              const migrating = yield* Effect.fork(Effect.flip(Effect.provide(migrated, victim)))
              yield* Effect.repeat(endVictim, {
                until: (rows) => rows.length === 1,
                schedule: Schedule.spaced("20 millis")
              })
              return yield* Effect.ensuring(
                Fiber.join(migrating),
                Effect.orDie(connection.executeUnprepared("rollback", [], undefined))
              )
            })
          )
          assert.match(error.message, /Migration 2_letters_and_limits failed/)
          assert.deepStrictEqual(yield* catalog, before)
          assert.lengthOf(yield* migrated, all.length)
          assert.deepStrictEqual(yield* remaining, kept)
        })
      )
  )
})

describeWithPgBouncer("through a pooler in transaction mode", () => {
  it.live("the migrations are as safe: eight at once, and none holds a lock afterwards", () =>
    onEmpty(
      Effect.gen(function* () {
        const { url } = yield* PgBouncer
        const instance = Effect.provide(
          migrated,
          Layer.fresh(PgClient.layer({ url, maxConnections: 1 }))
        )
        const made = yield* Effect.all(
          Array.from({ length: 8 }, () => instance),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(made.flat().length, all.length)
        const locks = run(`select from pg_locks where locktype = 'advisory' and database =
          (select oid from pg_database where datname = current_database())`)
        assert.deepStrictEqual(yield* locks, [])
        const timeouts = yield* Effect.provide(
          run("select current_setting('lock_timeout') as lock"),
          PgClient.layer({ url })
        )
        assert.deepStrictEqual(timeouts, [{ lock: "0" }])
      }).pipe(Effect.provide(pooler({ mode: "transaction" })))
    )
  )
})

const endVictim = run(`
  select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'victim' and wait_event_type = 'Lock' and datname = current_database()`)

const withAddress = (url: Redacted.Redacted<string>, username: string) => {
  const address = new URL(Redacted.value(url))
  address.username = username
  address.password = "only"
  return Redacted.make(address.href)
}

/** The first connection of a service whose role may use the tables, and change none. */
const firstAsUser = (grants: (role: string) => string) =>
  Effect.gen(function* () {
    const role = `only_${crypto.randomUUID().slice(0, 8)}`
    const { url } = yield* TestDatabase
    yield* Effect.acquireRelease(
      run(`create role ${role} login password 'only'; ${grants(role)}`),
      () => Effect.orDie(run(`drop owned by ${role}; drop role ${role}`))
    )
    return yield* Effect.provide(
      run("select count(*)::int as count from users"),
      PgClient.layer({
        url: withAddress(url, role),
        maxConnections: 1,
        initialize: Migrations.migrateFirst
      })
    )
  }).pipe(Effect.scoped)

const tablesTo = (role: string) => `grant select on all tables in schema public to ${role}`

describe("the first connection of a service", () => {
  it.live("migrates an empty database", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const first = PgClient.layer({ url, initialize: Migrations.migrateFirst })
      const { journal, pending } = yield* Effect.provide(state, first)
      assert.deepStrictEqual({ journal, pending }, { journal: "read", pending: [] })
    }).pipe(Effect.provide(TestDatabase.address))
  )

  it.live("needs no right to change anything where the tables exist", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(schema)
        assert.deepStrictEqual(yield* firstAsUser(tablesTo), [{ count: 0 }], "no journal")
        yield* migrated
        assert.deepStrictEqual(yield* firstAsUser(tablesTo), [{ count: 0 }], "a journal")
        const users = (role: string) => `grant select on users to ${role}`
        assert.deepStrictEqual(yield* firstAsUser(users), [{ count: 0 }], "a hidden journal")
      })
    )
  )

  it.live("says who has to migrate where the role may not and the tables are missing", () =>
    onEmpty(
      Effect.gen(function* () {
        const error = yield* Effect.flip(firstAsUser(() => "select"))
        assert.match(error.message, /permission denied for schema public.*run `holdfast migrate`/)
        assert.deepStrictEqual(yield* catalog, [])
      })
    )
  )

  it.live("says so as well where the tables are an earlier version's, and lack a column", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* run(`${schema}; alter table users drop column email_change`)
        const before = yield* catalog
        const error = yield* Effect.flip(firstAsUser(tablesTo))
        assert.match(error.message, /permission denied for schema public.*run `holdfast migrate`/)
        assert.deepStrictEqual(yield* catalog, before)
      })
    )
  )
})

const later: Schema = {
  migrations: [...authSchema.migrations, { id: 99, name: "later", script: "select 1" }],
  tables: authSchema.tables
}

const misspelt: Schema = {
  ...later,
  migrations: [...authSchema.migrations, { id: 99, name: "misspelt", script: "create tabel x ()" }]
}

describe("a database that another version has migrated", () => {
  it.live("is left as it is where the other one is later, and a service goes on with it", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* held((connection) => migrate(connection, later, quiet))
        assert.lengthOf(yield* migrated, 0)
        assert.deepStrictEqual((yield* state).newer, [{ id: 99, name: "later" }])
        const { url } = yield* TestDatabase
        const first = PgClient.layer({ url, initialize: Migrations.migrateFirst })
        assert.deepStrictEqual((yield* Effect.provide(state, first)).pending, [])
      })
    )
  )

  it.live("is refused where the two have gone different ways", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        yield* run("update holdfast_migrations set name = 'theirs' where migration_id = 2")
        const { message } = yield* Effect.flip(migrated)
        assert.include(message, "2_theirs where this version of holdfast has 2_letters_and_limits")
      })
    )
  )
})

describe("a migration that fails", () => {
  it.live("is named, and takes back the ones before it, and what wrote them down", () =>
    onEmpty(
      Effect.gen(function* () {
        const error = yield* Effect.flip(held((connection) => migrate(connection, misspelt, quiet)))
        assert.match(error.message, /^Migration 99_misspelt failed: 42601: syntax error/)
        assert.include(error.message, "Nothing was changed.")
        assert.deepStrictEqual(yield* catalog, [])
        assert.strictEqual((yield* state).journal, "absent")
        assert.lengthOf(yield* migrated, all.length)
      })
    )
  )

  it.live("is told as one where it can't be written down", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* migrated
        yield* run(`delete from holdfast_migrations where migration_id > 1;
          create function refuse() returns trigger language plpgsql
            as $$ begin raise exception 'full'; end $$;
          create trigger refuse before insert on holdfast_migrations
            for each row execute function refuse()`)
        const { message } = yield* Effect.flip(migrated)
        assert.match(message, /could not be written down/)
      })
    )
  )
})
