import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"
import { usersAndSessions } from "../../src/auth/migrations/UsersAndSessions.ts"
import { PgClient } from "../../src/sql/index.ts"
import { runHoldfast, startHoldfast } from "../support/HoldfastProcess.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const client = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) => PgClient.layer({ url, maxConnections: 3 }))
).pipe(Layer.provideMerge(TestDatabase.address))

const environment = Effect.map(TestDatabase, ({ url }) => ({ DATABASE_URL: Redacted.value(url) }))

/** Sessions of `migrate` that wait for the lock of a table, or that are there at all. */
const migrators = (condition: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe(
      `select pid from pg_stat_activity where datname = current_database()
       and application_name = 'holdfast migrate' and ${condition}`
    )
  )

const until = (count: number, condition: string) =>
  Effect.repeat(migrators(condition), {
    until: (rows) => rows.length === count,
    schedule: Schedule.spaced("20 millis")
  })

layer(client, { excludeTestServices: true, timeout: "1 minute" })("holdfast as a process", (it) => {
  it.scoped(
    "killed while it migrates, leaves nothing; two at once make all of it, once",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const env = yield* environment
        yield* sql.unsafe(usersAndSessions.script)
        const connection = yield* sql.reserve
        yield* connection.executeUnprepared(
          "begin; lock table sessions in share mode",
          [],
          undefined
        )
        const victim = yield* startHoldfast(["migrate"], env)
        yield* until(1, "wait_event_type = 'Lock'")
        yield* victim.signal("SIGKILL")
        yield* connection.executeUnprepared("rollback", [], undefined)
        yield* until(0, "true")
        const columns = yield* sql`
          select from information_schema.columns where column_name = 'password_version'`
        assert.deepStrictEqual(columns, [])
        const ends = yield* Effect.all(
          [runHoldfast(["migrate", "--json"], env), runHoldfast(["migrate", "--json"], env)],
          { concurrency: 2 }
        )
        const applied = ends.map(({ stdout }) => JSON.parse(stdout).applied.length)
        assert.deepStrictEqual(
          ends.map(({ code, stderr }) => [code, stderr]),
          [
            [0, ""],
            [0, ""]
          ]
        )
        assert.deepStrictEqual(applied.toSorted(), [0, authSchema.migrations.length])
      }),
    40_000
  )

  it.effect("says in one sentence which setting is wrong, and ends with 2", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* runHoldfast(["check"], { DB_POOL_MAX: "0" })
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /^The environment can't be used: DB_POOL_MAX must be .*\n$/)
    })
  )

  it.effect("checks a database, ends with 1 at a problem, and never shows the password", () =>
    Effect.gen(function* () {
      const { DATABASE_URL } = yield* environment
      const wrong = new URL(DATABASE_URL)
      wrong.password = "canary"
      const ended = yield* runHoldfast(["check", "--json", "--url", wrong.href])
      assert.deepStrictEqual([ended.code, ended.stderr], [1, ""])
      const { findings, worst } = JSON.parse(ended.stdout)
      assert.strictEqual(worst, "problem")
      assert.match(findings.at(-1).seen, /password authentication failed/)
      assert.notInclude(ended.stdout, "canary")
    })
  )

  it.scoped("serves as `npm start` does, until it is told to end", () =>
    Effect.gen(function* () {
      const env = yield* environment
      const service = yield* startHoldfast(["serve"], { ...env, PORT: "0" })
      const listening = Effect.sync(() => service.printed().includes("Listening on http://"))
      yield* Effect.repeat(listening, {
        until: (is) => is,
        schedule: Schedule.spaced("50 millis")
      })
      yield* service.signal("SIGTERM")
      assert.strictEqual((yield* service.ended).code, 0)
    })
  )
})
