import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type OnService, send } from "./Service.ts"

const available = Schema.decodeUnknownSync(
  Schema.Struct({
    status: Schema.Literal("available"),
    checkedAt: Schema.String,
    pool: Schema.Struct({
      total: Schema.Int,
      idle: Schema.Int,
      active: Schema.Int,
      waiting: Schema.Int,
      max: Schema.Int,
      retries: Schema.Int
    })
  }),
  { onExcessProperty: "error" }
)

/** What a load balancer and a monitor see of a service whose database is there. */
export const healthSuite = (it: OnService) =>
  describe("health", () => {
    it.effect("it is alive", () =>
      Effect.gen(function* () {
        const answer = yield* send("/health")
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual(answer.json, { status: "alive" })
      })
    )

    it.effect("it is ready", () =>
      Effect.gen(function* () {
        const answer = yield* send("/health/ready")
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual(answer.json, { status: "ready" })
      })
    )

    it.effect("its database is available, with the pool's counters, and nothing else", () =>
      Effect.gen(function* () {
        const answer = yield* send("/health/database")
        assert.strictEqual(answer.status, 200)
        const { pool } = available(answer.json)
        assert.isAtMost(pool.total, pool.max)
      })
    )

    it.effect("callers within a second get the same answer of the database", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => send("/health/database")),
          { concurrency: "unbounded" }
        )
        const times = new Set(answers.map(({ json }) => available(json).checkedAt))
        assert.isAtMost(times.size, 2)
      })
    )
  })
