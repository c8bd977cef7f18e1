import { it } from "@effect/vitest"
import { Effect } from "effect"
import { Signal } from "../../src/sql/session/Signal.ts"

it.effect("a signal is heard by all who wait for it", () =>
  Effect.gen(function* () {
    const signal = new Signal()
    const waiting = yield* Effect.forkAll([signal.given, signal.given])
    yield* Effect.yieldNow()
    signal.give()
    yield* waiting
    yield* signal.given
  })
)
