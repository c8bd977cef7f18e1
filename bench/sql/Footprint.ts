import { Array as Arr, Effect, Fiber, identity, Option, Redacted } from "effect"
import * as pg from "pg"
import { once } from "../Caller.ts"
import type { Open } from "./Client.ts"
import { maxConnections } from "./Contestant.ts"

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
const costOf = <E, R>(many: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const before = yield* inUse
    yield* many
    const after = yield* inUse
    return { heap: after.heap - before.heap, resident: after.resident - before.resident }
  })

const ofEach = ({ heap, resident }: Memory, count: number): Memory => ({
  heap: heap / count,
  resident: resident / count
})

const all = (count: number, effect: Effect.Effect<unknown, unknown>) =>
  Effect.all(Arr.replicate(effect, count), { concurrency: "unbounded", discard: true })

const waiting = (count: number, effect: Effect.Effect<unknown, unknown>) =>
  Effect.zipLeft(Effect.forkScoped(all(count, effect)), Effect.sleep("50 millis"))

/** How many sessions the server has, past the client that is measured. */
const sessionCount = (url: Redacted.Redacted) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new pg.Client({ connectionString: Redacted.value(url) })),
    (client) =>
      Effect.tryPromise({
        try: async () => {
          await client.connect()
          const { rows } = await client.query<{ count: number }>(
            "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'"
          )
          return rows[0]?.count ?? 0
        },
        catch: identity
      }),
    (client) => Effect.promise(() => client.end())
  )

const ofConnections = (open: Open, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const client = yield* open(url, connectionCount)
    yield* once(client.pointSelect)
    const before = yield* sessionCount(url)
    const cost = yield* costOf(all(connectionCount, once(client.pause)))
    const opened = (yield* sessionCount(url)) - before
    if (opened > connectionCount / 2) return ofEach(cost, opened)
    return yield* Effect.fail(new Error(`Only ${opened} of ${connectionCount} connections opened`))
  })

const ofWaiters = (open: Open, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const client = yield* open(url, maxConnections)
    yield* once(client.pointSelect)
    const busy = yield* waiting(maxConnections, once(client.pause))
    yield* Effect.sleep("200 millis")
    const cost = yield* costOf(waiting(waiterCount, once(client.pointSelect)))
    if (Option.isNone(yield* Fiber.poll(busy))) return ofEach(cost, waiterCount)
    return yield* Effect.fail(
      new Error("The connections were free before the callers were counted")
    )
  })

const ofFibers = Effect.map(costOf(waiting(waiterCount, Effect.never)), (cost) =>
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
