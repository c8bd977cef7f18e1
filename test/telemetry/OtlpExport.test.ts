import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Scope } from "effect"
import { captured } from "../support/Captured.ts"
import { exported, Receiver } from "./WatchedService.ts"

/** More than an exporter keeps. */
const manySpans = Effect.repeatN(Effect.withSpan(Effect.yieldNow(), "work"), 9_000)

const eventually = (condition: () => boolean) =>
  Effect.sync(condition).pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: (isSo) => isSo }),
    Effect.timeout("8 seconds")
  )

/** Runs work under telemetry; tells how long it took to end it. */
const underTelemetry = <A, E>(work: Effect.Effect<A, E>, endpoint?: string) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const layer = exported(endpoint === undefined ? {} : { endpoint })
    const runtime = yield* Scope.extend(Layer.toRuntime(layer), scope)
    const value = yield* Effect.provide(work, runtime)
    const [ending] = yield* Effect.timed(Scope.close(scope, Exit.void))
    return { value, ending: Duration.toMillis(ending) }
  })

describe("telemetry", () => {
  it.scopedLive("is delivered at the end to a receiver that is there", () =>
    Effect.gen(function* () {
      const { deliveries } = yield* Receiver
      yield* underTelemetry(Effect.withSpan(Effect.void, "the last"))
      const bodies = deliveries.map(({ body }) => body.toString("latin1")).join()
      assert.include(bodies, "the last")
    }).pipe(Effect.provide(Receiver.layer))
  )

  it.scopedLive("is written as JSON to who wants it so", () =>
    Effect.gen(function* () {
      const { deliveries } = yield* Receiver
      const layer = exported({ protocol: "http/json" })
      yield* Effect.provide(Effect.withSpan(Effect.void, "the only one"), layer)
      const [trace] = deliveries.filter(({ path }) => path === "/v1/traces")
      assert.strictEqual(trace?.headers["content-type"], "application/json")
      const body = JSON.parse(String(trace?.body))
      const [span] = body.resourceSpans[0].scopeSpans[0].spans
      assert.strictEqual(span.name, "the only one")
      assert.match(span.traceId, /^[0-9a-f]{32}$/)
    }).pipe(Effect.provide(Receiver.layer))
  )

  it.scopedLive("is dropped for a receiver that is silent, and four deliveries wait at most", () =>
    Effect.gen(function* () {
      const { answer, mostWaiting } = yield* Receiver
      answer(undefined)
      const { ending } = yield* underTelemetry(
        Effect.zipLeft(manySpans, Effect.sleep("300 millis"))
      )
      assert.isAtMost(mostWaiting(), 5)
      assert.isBelow(ending, 3000)
    }).pipe(Effect.provide(Receiver.layer))
  )

  it.scopedLive("is dropped for one that says 429 and a year, and is not kept for it", () =>
    Effect.gen(function* () {
      const { answer, deliveries } = yield* Receiver
      answer(429, { "retry-after": "31536000" })
      const traces = () => deliveries.filter(({ path }) => path === "/v1/traces").length
      const work = Effect.gen(function* () {
        yield* Effect.withSpan(Effect.void, "refused")
        yield* eventually(() => traces() === 1)
        yield* Effect.sleep("100 millis")
        yield* manySpans
        return traces()
      })
      const { ending, value } = yield* underTelemetry(work)
      assert.strictEqual(value, 1)
      assert.isBelow(ending, 3000)
    }).pipe(Effect.provide(Receiver.layer))
  )

  it.scopedLive("is told of once when it is lost, whether by a 500 or by nobody there", () =>
    Effect.gen(function* () {
      const { answer, deliveries, url } = yield* Receiver
      answer(500)
      const log = captured()
      const work = Effect.gen(function* () {
        yield* Effect.withSpan(Effect.void, "lost")
        yield* eventually(() => deliveries.length >= 2)
        yield* Effect.withSpan(Effect.void, "lost")
        return 42
      })
      const away = "http://127.0.0.1:1"
      const lost = yield* Effect.provide(underTelemetry(work), log.layer)
      const nowhere = underTelemetry(
        Effect.as(Effect.withSpan(Effect.sleep("150 millis"), "x"), 42),
        away
      )
      const nobody = yield* Effect.provide(nowhere, log.layer)
      assert.deepStrictEqual([lost.value, nobody.value], [42, 42])
      const warnings = log.lines
        .filter(({ level }) => level === "WARN")
        .map(({ message }) => message)
      for (const place of [`${url}/v1/traces`, `${url}/v1/metrics`, `${away}/v1/traces`]) {
        const told = warnings.filter((line) => line.includes(`${place} and is dropped`))
        assert.lengthOf(told, 1, place)
      }
    }).pipe(Effect.provide(Receiver.layer))
  )

  it.scopedLive("of which one part is refused and the other taken is told of once", () =>
    Effect.gen(function* () {
      const { deliveries, refuse, url } = yield* Receiver
      refuse("/v1/metrics")
      const log = captured()
      const to = (path: string) => deliveries.filter((delivery) => delivery.path === path).length
      const work = Effect.gen(function* () {
        yield* eventually(() => to("/v1/metrics") > 0)
        yield* Effect.withSpan(Effect.void, "taken")
        yield* eventually(() => to("/v1/traces") > 0)
        yield* Effect.sleep("100 millis")
      })
      yield* Effect.provide(underTelemetry(work), log.layer)
      assert.deepStrictEqual(
        log.lines.map(({ message }) => message).filter((line) => line.startsWith("Telemetry")),
        [`Telemetry can't be delivered to ${url}/v1/metrics and is dropped: status 404`]
      )
    }).pipe(Effect.provide(Receiver.layer))
  )
})
