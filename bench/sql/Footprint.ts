import { Array as Arr, Effect, Fiber, type Redacted } from "effect"
import { once } from "../Caller.ts"
import type { Open } from "./Client.ts"
import { maxConnections } from "./Contestant.ts"
import { closedGate } from "./Gate.ts"

/** Bytes of a process. */
export interface Memory {
  /** Of live objects and the buffers outside the heap that they hold. */
  readonly heap: number
  /** Of the process, as the system counts it, in whole pages. */
  readonly resident: number
}

/** What each of many costs a process that has one already. */
export interface Footprint {
  readonly idleConnection: Memory
  /** A fiber whose statement waits for a connection. */
  readonly waiter: Memory
  /** A fiber that waits for something that costs nothing. */
  readonly fiber: Memory
}

/** How many are there, for what one of them costs. */
export const connectionCount = 50
export const waiterCount = 10_000

const collections = 4

const inUse = Effect.gen(function* () {
  const { gc } = globalThis
  if (gc === undefined) return yield* Effect.fail(new Error("Start it with --expose-gc"))
  for (let at = 0; at < collections; at++) {
    gc()
    yield* Effect.sleep("20 millis")
  }
  const { external, heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed + external, resident: rss } satisfies Memory
})

/** How much more is in use while what a scope holds is there. */
const costOf = <A, E, R>(many: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* inUse
    const value = yield* many
    const after = yield* inUse
    const cost: Memory = {
      heap: after.heap - before.heap,
      resident: after.resident - before.resident
    }
    return [value, cost] as const
  })

const ofEach = ({ heap, resident }: Memory, count: number): Memory => ({
  heap: heap / count,
  resident: resident / count
})

const all = (count: number, effect: Effect.Effect<unknown, unknown>) =>
  Effect.all(Arr.replicate(effect, count), { concurrency: "unbounded", discard: true })

const waiting = (count: number, effect: Effect.Effect<unknown, unknown>) =>
  Effect.zipLeft(Effect.forkScoped(all(count, effect)), Effect.sleep("50 millis"))

const ofConnections = (open: Open, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const client = yield* open(url, connectionCount)
    yield* once(client.pointSelect)
    const gate = yield* closedGate(url)
    const before = yield* gate.sessionCount
    const [opened, cost] = yield* costOf(
      Effect.gen(function* () {
        const callers = yield* waiting(connectionCount, once(client.passGate))
        yield* gate.holding(connectionCount)
        const now = yield* gate.sessionCount
        yield* gate.open
        yield* Fiber.join(callers)
        return now - before
      })
    )
    return ofEach(cost, opened)
  })

const ofWaiters = (open: Open, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const client = yield* open(url, maxConnections)
    yield* once(client.pointSelect)
    const gate = yield* closedGate(url)
    const busy = yield* waiting(maxConnections, once(client.passGate))
    yield* gate.holding(maxConnections)
    const [callers, cost] = yield* costOf(waiting(waiterCount, once(client.pointSelect)))
    yield* gate.open
    // To interrupt so many at once overflows the stack of the stock client, and ends the process.
    yield* Fiber.awaitAll([busy, callers])
    return ofEach(cost, waiterCount)
  })

const ofFibers = Effect.map(costOf(waiting(waiterCount, Effect.never)), ([, cost]) =>
  ofEach(cost, waiterCount)
)

/** What a client costs this process, which has to run with `--expose-gc`. */
export const footprint = (open: Open, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    return {
      idleConnection: yield* Effect.scoped(ofConnections(open, url)),
      waiter: yield* Effect.scoped(ofWaiters(open, url)),
      fiber: yield* Effect.scoped(ofFibers)
    } satisfies Footprint
  })
