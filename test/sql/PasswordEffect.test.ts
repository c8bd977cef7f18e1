import { SqlClient } from "@effect/sql"
import { SqlError } from "@effect/sql/SqlError"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { captured } from "../support/Captured.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

let count = 0

/** A role of its own, which the server lets in by SCRAM, and the URL to log in without a password. */
const newRole = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { url } = yield* TestDatabase
  const role = `token_${process.pid}_${count++}`
  yield* sql.unsafe(`CREATE ROLE ${role} LOGIN`)
  const address = new URL(Redacted.value(url))
  address.username = role
  address.password = ""
  const rotate = (token: string) =>
    Effect.asVoid(sql.unsafe(`ALTER ROLE ${role} PASSWORD '${token}'`))
  const dismiss = sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ${role}`
  return { url: Redacted.make(address.href), rotate, dismiss, role }
})

type Password = PgClient.PgClientConfig["password"]

const quick = { retryDelay: "10 millis", maxRetries: 2 } as const

const one = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`)

/** How a client ends that asks for this password. */
const refusal = (url: Redacted.Redacted, password: Password, more: PgClient.PgClientConfig = {}) =>
  Effect.map(
    Effect.flip(Effect.scoped(Layer.build(PgClient.layer({ ...quick, url, password, ...more })))),
    (error) => {
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.outcome, "NotSent")
      return error
    }
  )

layer(TestDatabase.layer, { excludeTestServices: true })("a password that is an Effect", (it) => {
  it.scoped("is asked for anew for every connection, so that a token may expire", () =>
    Effect.gen(function* () {
      const { dismiss, rotate, url } = yield* newRole
      let token = "first-token"
      let asked = 0
      const password = Effect.sync(() => {
        asked += 1
        return Redacted.make(token)
      })
      yield* rotate(token)
      const context = yield* Layer.build(PgClient.layer({ url, password, maxConnections: 1 }))
      yield* Effect.provide(one, context)
      assert.strictEqual(asked, 1)
      token = "second-token"
      yield* rotate(token)
      yield* dismiss
      yield* Effect.provide(one, context)
      assert.isAtLeast(asked, 2)
      assert.isUndefined(Context.get(context, PgClient.PgClient).config.password)
    })
  )

  it.scoped("opens the connection that listens as well", () =>
    Effect.gen(function* () {
      const { dismiss, rotate, url } = yield* newRole
      let token = "first-token"
      yield* rotate(token)
      const context = yield* Layer.build(
        PgClient.layer({ url, password: Effect.sync(() => Redacted.make(token)) })
      )
      token = "second-token"
      yield* rotate(token)
      const sql = Context.get(context, PgClient.PgClient)
      const heard = yield* Effect.fork(Stream.runHead(sql.listen("news")))
      const told = Effect.repeat(sql.notify("news", "hello"), {
        until: () => heard.unsafePoll() !== null
      })
      yield* Effect.timeout(told, "10 seconds")
      assert.deepStrictEqual(yield* Effect.flatten(Fiber.join(heard)), "hello")
      yield* dismiss
    })
  )

  it.effect("takes the place of a password in the URL", () =>
    Effect.gen(function* () {
      const { rotate, url } = yield* newRole
      yield* rotate("a-token")
      const address = new URL(Redacted.value(url))
      address.password = "expired"
      const password = Effect.succeed(Redacted.make("a-token"))
      const client = PgClient.layer({ url: Redacted.make(address.href), password })
      assert.deepStrictEqual(yield* Effect.provide(one, client), [{ one: 1 }])
    })
  )

  it.effect("that fails is a connection that failed: tried again, and told with its sentence", () =>
    Effect.gen(function* () {
      const { url } = yield* newRole
      let asked = 0
      const away = new SqlError({ message: "the token service is away", cause: new Error("cause") })
      const password = Effect.suspend(() => {
        asked += 1
        return Effect.fail(away)
      })
      const error = yield* refusal(url, password)
      assert.isTrue(error.isRetryable)
      assert.strictEqual(asked, 3)
      assert.match(error.message, /no password could be had: the token service is away/)
    })
  )

  it.effect("that will go on failing is not asked for again", () =>
    Effect.gen(function* () {
      const { url } = yield* newRole
      let asked = 0
      const forbidden = new ConnectError({
        message: "this service may have no token",
        isFatal: true,
        provesRestart: false
      })
      const password = Effect.suspend(() => {
        asked += 1
        return Effect.fail(forbidden)
      })
      const error = yield* refusal(url, password)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(asked, 1)
      assert.match(error.message, /this service may have no token/)
    })
  )

  it.effect(
    "that never comes is given up at the connect timeout, even if it can't be interrupted",
    () =>
      Effect.gen(function* () {
        const { url } = yield* newRole
        const password = Effect.uninterruptible(Effect.delay(Effect.never, "1 millis"))
        const limits = { connectTimeout: "50 millis", maxRetries: 0 } as const
        const error = yield* refusal(url, password, limits)
        assert.isTrue(error.isRetryable)
      })
  )

  it.effect("is in no message, no log and no field of a client", () =>
    Effect.gen(function* () {
      const { rotate, url } = yield* newRole
      yield* rotate("another")
      const log = captured()
      const secret = "v3ry-s3cret-t0ken"
      const wrong = Effect.succeed(Redacted.make(secret))
      const error = yield* Effect.provide(refusal(url, wrong), log.layer)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(error.reason._tag, "AuthenticationError")
      const seen = [error, String(error), error.message, error.stack, error.cause, log.lines]
      assert.isNotEmpty(log.lines)
      assert.notInclude(JSON.stringify(seen), secret)
    })
  )
})
