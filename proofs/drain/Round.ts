import { Effect, Fiber, Random, Redacted } from "effect"
import { startService } from "../../test/support/ServiceProcess.ts"
import { roundRobin } from "../service/RoundRobin.ts"
import { crowd, type Visit } from "./Crowd.ts"

/** A service that was told to end, and how it did. */
export interface Exit {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  /** From the signal, in milliseconds. */
  readonly took: number
}

/** What came of the requests around one SIGTERM or several. */
export interface Round {
  readonly visits: ReadonlyArray<Visit>
  /** When the first was told to end, by `performance.now`. */
  readonly toldAt: number
  readonly exits: ReadonlyArray<Exit>
}

const PEOPLE = 8

/** A service as in production, on the proof's database. */
export const instance = (
  url: Redacted.Redacted<string>,
  env: Readonly<Record<string, string>> = {}
) =>
  Effect.gen(function* () {
    const service = yield* startService({
      env: { NODE_ENV: "production", DATABASE_URL: Redacted.value(url), DB_MIGRATE: "off", ...env }
    })
    yield* service.listening
    return service
  })

export type Instance = Effect.Effect.Success<ReturnType<typeof instance>>

/** Tells a service to end, once for each signal, with a pause between, and waits until it has. */
export const ended = (
  service: Pick<Instance, "exit" | "signal">,
  signals: ReadonlyArray<NodeJS.Signals> = ["SIGTERM"]
): Effect.Effect<Exit> =>
  Effect.gen(function* () {
    let toldAt = performance.now()
    yield* Effect.forEach(signals, (name, index) =>
      Effect.delay(
        Effect.suspend(() => {
          toldAt = performance.now()
          return service.signal(name)
        }),
        index === 0 ? 0 : "500 millis"
      )
    )
    const code = yield* service.exit
    return { code, took: performance.now() - toldAt }
  })

/** SIGTERM at a random moment, with clients of its own on every connection. */
export const alone = (url: Redacted.Redacted<string>, name: string) =>
  Effect.gen(function* () {
    const service = yield* instance(url)
    const visiting = yield* Effect.fork(crowd({ url: service.url, name, people: PEOPLE }))
    yield* Effect.sleep(yield* Random.nextIntBetween(500, 1200))
    const toldAt = performance.now()
    const exit = yield* ended(service)
    return { visits: yield* Fiber.join(visiting), toldAt, exits: [exit] } satisfies Round
  }).pipe(Effect.scoped)

/** How long instances behind the balancer go on accepting: five looks of it. */
const behindBalancer = { DRAIN_DELAY: "500 millis" }

/** Replaces an instance so many times, each at a random moment, behind a balancer that watches. */
export const balanced = (
  url: Redacted.Redacted<string>,
  times: number,
  replaced: (done: number) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const balancer = yield* roundRobin
    let oldest = yield* instance(url, behindBalancer)
    let newest = yield* instance(url, behindBalancer)
    yield* balancer.set([oldest.url, newest.url])
    let isOver = false
    const visiting = yield* Effect.fork(
      crowd({ url: balancer.url, name: "balanced", people: PEOPLE, isOver: () => isOver })
    )
    const toldAt = performance.now()
    const exits: Array<Exit> = []
    for (let done = 1; done <= times; done++) {
      const next = yield* instance(url, behindBalancer)
      yield* balancer.set([oldest.url, newest.url, next.url])
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 300))
      exits.push(yield* ended(oldest))
      oldest = newest
      newest = next
      yield* replaced(done)
    }
    isOver = true
    return { visits: yield* Fiber.join(visiting), toldAt, exits } satisfies Round
  }).pipe(Effect.scoped)
