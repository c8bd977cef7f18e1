import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { Pool } from "holdfast/pool"
import { FaultSchedule, SimulatedServer } from "holdfast/testing"

it.scoped("a caller waits out a restart of five seconds, and no longer", () =>
  Effect.gen(function* () {
    const server = new SimulatedServer()
    const pool = yield* Pool.make(server.connector)
    const restart = FaultSchedule.make([
      { at: "0 millis", lasts: "5 seconds", fault: { _tag: "Restart", mode: "fast" } }
    ])
    yield* Effect.fork(FaultSchedule.run(restart, server.inject))
    yield* TestClock.adjust(0)
    const caller = yield* Effect.fork(pool.use(({ request }) => request))
    yield* TestClock.adjust("4 seconds")
    assert.isTrue(Option.isNone(yield* caller.poll))
    yield* TestClock.adjust("2 seconds")
    yield* Fiber.join(caller)
  })
)
