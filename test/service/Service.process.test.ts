import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { inject } from "vitest"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { embeddedPort, isListening, startService, statusOf } from "../support/ServiceProcess.ts"

const password = "TestPass123"

const post = (url: string, path: string, email: string) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password })
    })
    return response.status
  })

const at = (path: string) => {
  const url = new URL(inject("postgresUrl"))
  url.pathname = path
  return url
}

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-service-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

/** Repeats a question until it is answered so, or half a minute is over. */
const eventually = <E>(status: number, question: Effect.Effect<number, E>) =>
  question.pipe(
    Effect.repeat({ until: (answer) => answer === status, schedule: Schedule.spaced("50 millis") }),
    Effect.timeout("30 seconds")
  )

describe("the service as a process", () => {
  it.scopedLive(
    "starts on an embedded Postgres, keeps its data over a restart, and leaves nothing running",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const first = yield* startService({ directory })
        yield* first.listening
        assert.strictEqual(yield* post(first.url, "/auth/signup", "a@example.com"), 201)
        assert.match(first.output(), /embedded PostgreSQL/)
        assert.match(first.output(), /curl -X POST/)
        const firstPort = embeddedPort(first)
        assert.isTrue(yield* isListening(firstPort))
        yield* first.signal("SIGTERM")
        assert.strictEqual(yield* first.exit, 0)
        assert.isFalse(yield* isListening(firstPort))
        const second = yield* startService({ directory })
        yield* second.listening
        assert.strictEqual(yield* post(second.url, "/auth/signin", "a@example.com"), 200)
        const secondPort = embeddedPort(second)
        assert.isTrue(yield* isListening(secondPort))
        yield* second.signal("SIGINT")
        assert.strictEqual(yield* second.exit, 0)
        assert.isFalse(yield* isListening(secondPort))
      }),
    60_000
  )

  it.scopedLive(
    "starts again after kill -9, and refuses a second start in the same folder",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const first = yield* startService({ directory })
        yield* first.listening
        yield* post(first.url, "/auth/signup", "a@example.com")
        const rival = yield* startService({ directory })
        assert.strictEqual(yield* rival.exit, 1)
        assert.include(rival.output(), String(first.pid), "it says who holds the folder")
        yield* first.signal("SIGKILL")
        yield* first.exit
        const second = yield* startService({ directory })
        yield* second.listening
        assert.strictEqual(yield* post(second.url, "/auth/signin", "a@example.com"), 200)
        yield* second.signal("SIGTERM")
        yield* second.exit
      }),
    60_000
  )

  it.scopedLive(
    "ends at once and says why where the database can never be reached",
    () =>
      Effect.gen(function* () {
        const wrongPassword = at("/postgres")
        wrongPassword.password = "not-the-secret"
        const cases = [
          { url: wrongPassword.href, why: /password authentication failed/ },
          {
            url: at("/no_such_database").href,
            why: /database .*no_such_database.* does not exist/
          },
          { url: "postgresql://user:hidden-word@127.0.0.1:notaport/x", why: /Invalid URL/i },
          { url: `${at("/postgres").href}?sslmode=require`, why: /does not support SSL/ }
        ]
        const ends = ({ url, why }: (typeof cases)[number]) =>
          Effect.gen(function* () {
            const service = yield* startService({ env: { DATABASE_URL: url } })
            assert.strictEqual(yield* service.exit, 1)
            assert.match(service.output(), why)
            assert.notMatch(service.output(), /not-the-secret|hidden-word/)
            assert.notMatch(service.output(), /\n\s+at /, "a sentence, not a stack")
          })
        yield* Effect.forEach(cases, ends, { concurrency: 2 })
      }),
    60_000
  )

  it.scopedLive("refuses to start in production without the address of a database", () =>
    Effect.gen(function* () {
      const service = yield* startService({ env: { NODE_ENV: "production" } })
      assert.strictEqual(yield* service.exit, 1)
      assert.match(service.output(), /NEON_DB_URL nor DATABASE_URL is set/)
    })
  )

  it.scopedLive(
    "starts without its database, answers 503 meanwhile, and heals by itself",
    () =>
      Effect.gen(function* () {
        const postgres = yield* EmbeddedPostgres
        yield* postgres.stop("fast")
        const service = yield* startService({
          env: { NEON_DB_URL: Redacted.value(postgres.url), DB_ACQUIRE_TIMEOUT: "200 millis" }
        })
        yield* service.listening
        const health = statusOf(`${service.url}/health/database`)
        assert.strictEqual(yield* health, 503)
        const waiting = yield* Effect.fork(post(service.url, "/auth/signup", "b@example.com"))
        yield* postgres.start
        assert.strictEqual(yield* waiting, 201)
        yield* eventually(200, health)
        yield* service.signal("SIGTERM")
        assert.strictEqual(yield* service.exit, 0)
      }).pipe(Effect.provide(EmbeddedPostgres.layer())),
    60_000
  )
})
