import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { Pool } from "holdfast/pool"
import { SimulatedServer } from "holdfast/testing"
import { captured, settled } from "../test/support/Captured.ts"
import { incidents } from "./incidents.ts"

it.scoped("the example writes a line for an outage and its end", () => {
  const server = new SimulatedServer()
  const log = captured()
  const pool = Layer.scoped(Pool, Pool.make(server.connector))
  return Effect.gen(function* () {
    const writer = yield* Effect.fork(incidents)
    yield* settled
    server.goAway()
    const caller = yield* Effect.fork(Effect.flatMap(Pool, ({ check }) => check))
    yield* settled
    server.comeBack()
    yield* TestClock.adjust(Duration.seconds(1))
    yield* Fiber.join(caller)
    yield* settled
    yield* Fiber.interrupt(writer)
    const lines = log.lines.map(({ message }) => message)
    for (const tag of ["Evicted", "BreakerOpened", "DialFailed", "Reconnected"]) {
      assert.isTrue(
        lines.some((line) => line.includes(`1970-01-01T00:00:00`) && line.includes(tag)),
        tag
      )
    }
  }).pipe(Effect.provide(Layer.merge(pool, log.layer)))
})
