import { setImmediate } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Redacted, Scope } from "effect"
import * as JsonLines from "../../src/telemetry/JsonLines.ts"

const turn = Effect.promise(() => setImmediate())

/** What is written, call by call. */
const written = () => {
  const calls: Array<string> = []
  return { calls, layer: JsonLines.layer({ write: (text) => calls.push(text) }) }
}

const loop: Record<string, unknown> = { name: "loop" }
loop.self = loop

const messages = Effect.gen(function* () {
  yield* Effect.logInfo("plain")
  yield* Effect.annotateLogs(Effect.logWarning("annotated"), { route: "/health", status: 200 })
  yield* Effect.logError("failed", new Error("a cause"))
  yield* Effect.logInfo(new Error("as a message"))
  yield* Effect.annotateLogs(Effect.logInfo("in a loop"), { loop })
  yield* Effect.annotateLogs(Effect.logInfo("secret"), { password: Redacted.make("hunter2") })
  yield* Effect.withLogSpan(Effect.logInfo("timed"), "of a span")
})

const parsed = (text: string): ReadonlyArray<unknown> =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("lines of JSON", () => {
  it.effect("say what Effect's own say, one line each", () =>
    Effect.gen(function* () {
      const { calls, layer } = written()
      const own: Array<string> = []
      const reference = Logger.make((options) => own.push(Logger.jsonLogger.log(options)))
      yield* messages.pipe(Effect.provide(Layer.merge(layer, Logger.add(reference))))
      yield* turn
      assert.deepStrictEqual(parsed(calls.join("")), parsed(own.join("\n")))
      assert.notInclude(calls.join(""), "hunter2")
    })
  )

  it.effect("of one turn of the event loop are written at once", () =>
    Effect.gen(function* () {
      const { calls, layer } = written()
      yield* Effect.gen(function* () {
        yield* Effect.logInfo("one")
        yield* Effect.logInfo("two")
        assert.deepStrictEqual(calls, [])
        yield* turn
        assert.strictEqual(calls.length, 1)
        yield* Effect.logInfo("three")
        yield* turn
        assert.strictEqual(calls.length, 2)
        assert.strictEqual(calls.join("").split("\n").length, 4)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("are written when their program ends, and when the process does", () =>
    Effect.gen(function* () {
      const { calls, layer } = written()
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      assert.isDefined(context)
      yield* Effect.logInfo("the last words").pipe(Effect.provide(layer))
      assert.strictEqual(calls.length, 1)
      const before = process.listenerCount("exit")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(process.listenerCount("exit"), before - 1)
    })
  )
})
