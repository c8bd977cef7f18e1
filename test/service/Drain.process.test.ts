import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Schedule } from "effect"
import { inject } from "vitest"
import { crowd } from "../../proofs/drain/Crowd.ts"
import { FreshDatabase } from "../../src/testing/FreshDatabase.ts"
import { embeddedPort, isListening, startService, statusOf } from "../support/ServiceProcess.ts"

const databaseUrl = Effect.map(
  FreshDatabase.make({ server: Redacted.make(inject("postgresUrl")) }),
  ({ url }) => Redacted.value(url)
)

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-drain-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

describe("a service under load that is told to end", () => {
  it.scopedLive(
    "answers what it has begun to read, with its database, and exits with 0",
    () =>
      Effect.gen(function* () {
        const service = yield* startService({ env: { DATABASE_URL: yield* databaseUrl } })
        yield* service.listening
        const name = `drain.${service.pid}`
        const visiting = yield* Effect.fork(crowd({ url: service.url, name, people: 8 }))
        yield* Effect.sleep("700 millis")
        const toldAt = performance.now()
        yield* service.signal("SIGTERM")
        assert.strictEqual(yield* service.exit, 0)
        const visits = yield* Fiber.join(visiting)
        const endings = visits.map(({ ending }) => ending)
        assert.isTrue(visits.some(({ endedAt }) => endedAt > toldAt))
        for (const ending of endings) {
          assert.notStrictEqual(ending._tag, "Broken")
          if (ending._tag !== "Answered" || ending.status < 500) continue
          assert.include(ending.text, '"Draining"', "the database was there to the last")
        }
      }),
    30_000
  )

  it.scopedLive(
    "goes on with its database while load balancers are told",
    () =>
      Effect.gen(function* () {
        const service = yield* startService({
          env: { DATABASE_URL: yield* databaseUrl, DRAIN_DELAY: "5 seconds" }
        })
        yield* service.listening
        yield* service.signal("SIGTERM")
        yield* statusOf(`${service.url}/health/ready`).pipe(
          Effect.repeat({
            until: (status) => status === 503,
            schedule: Schedule.spaced("20 millis")
          })
        )
        assert.strictEqual(yield* statusOf(`${service.url}/health/database`), 200)
        assert.strictEqual(yield* service.exit, 0)
      }),
    30_000
  )

  it.scopedLive(
    "ends at once when it is told again, and its embedded Postgres ends, too",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const service = yield* startService({ directory, env: { DRAIN_DELAY: "1 minute" } })
        yield* service.listening
        const port = embeddedPort(service)
        assert.isTrue(yield* isListening(port))
        yield* service.signal("SIGINT")
        // As a Ctrl-C under npm, which comes twice.
        yield* Effect.delay(service.signal("SIGINT"), "20 millis")
        yield* Effect.sleep("500 millis")
        assert.strictEqual(
          (yield* Effect.promise(() => fetch(`${service.url}/health`))).status,
          200
        )
        yield* service.signal("SIGINT")
        assert.strictEqual(yield* service.exit, 130)
        yield* isListening(port).pipe(
          Effect.repeat({ until: (is) => !is, schedule: Schedule.spaced("50 millis") }),
          Effect.timeout("10 seconds")
        )
      }),
    60_000
  )
})
