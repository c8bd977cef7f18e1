import { assert, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { Outbox } from "../../src/auth/Outbox.ts"
import { captured, settled } from "../support/Captured.ts"
import { scriptedClient, serverError } from "./ScriptedClient.ts"

it.effect("an outbox that may not be read is told of as an error, at each look", () => {
  const log = captured()
  const refusing = scriptedClient(() =>
    serverError("42501", { message: "permission denied for table outbox" })
  )
  const outbox = Layer.provide(
    Outbox.layer(() => Effect.void),
    refusing
  )
  return Effect.gen(function* () {
    yield* settled
    const line = { level: "ERROR", message: "The outbox can't be looked into" }
    assert.deepStrictEqual(log.lines, [line])
    yield* TestClock.adjust("30 seconds")
    yield* settled
    assert.deepStrictEqual(log.lines, [line, line])
  }).pipe(Effect.provide(Layer.provideMerge(outbox, log.layer)))
})
