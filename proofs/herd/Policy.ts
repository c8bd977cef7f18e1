import { Duration, Effect, Random, Scope } from "effect"
import type { Connection } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import type { HerdServer } from "./HerdServer.ts"
import { type Delay, NaivePool } from "./NaivePool.ts"
import type { SimulatedTime } from "./SimulatedTime.ts"

/** Uses a connection for so many milliseconds, and tells whether there was one in time. */
export type Use = (millis: number, done: (wasServed: boolean) => void) => void

/** How a pool finds its way back to a server that was away. */
export interface Policy {
  readonly name: string
  /** Builds a pool, by the number of which it draws its random numbers. */
  readonly pool: (time: SimulatedTime, server: HerdServer, number: number) => Use
}

const usesOf =
  (time: SimulatedTime, pool: PoolOf<Connection>): Use =>
  (millis, done) => {
    const used = pool.use(() => Effect.sleep(Duration.millis(millis)))
    time.fork(Effect.match(used, { onSuccess: () => done(true), onFailure: () => done(false) }))
  }

/** holdfast's own pool as it is, under the simulated clock. */
export const holdfast: Policy = {
  name: "holdfast",
  pool: (time, server, number) => {
    let use: Use = (_, done) => done(false)
    // The scope is never closed: the pool ends with the simulation.
    const building = Effect.gen(function* () {
      const pool = yield* Scope.extend(make(server.connector, defaults), yield* Scope.make())
      use = usesOf(time, pool)
    })
    time.fork(Effect.withRandom(building, Random.make(number)))
    return (millis, done) => use(millis, done)
  }
}

const naive = (name: string, delay: Delay): Policy => ({
  name,
  pool: (time, server, number) => new NaivePool(time, server, delay, number).use
})

const exponential = (failures: number): number => Math.min(10_000, 100 * 2 ** (failures - 1))

/** Ours, and those that are often written by hand. */
export const policies: ReadonlyArray<Policy> = [
  holdfast,
  naive("again at once", () => 0),
  naive("again after 1 s", () => 1000),
  naive("exponential, 0.1 s to 10 s, no jitter", exponential),
  naive(
    "exponential, 0.1 s to 10 s, full jitter",
    (failures, random) => exponential(failures) * random
  )
]
