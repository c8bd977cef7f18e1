import { Effect } from "effect"
import type { FaultProxy } from "../../src/testing/FaultProxy.ts"

/**
 * Late enough that all that was sent without waiting for an answer passes before the first answer, and
 * so counts as one trip, in however many packets it came.
 */
const latency = "20 millis"

/** How often an effect, which nobody sends anything beside, waits for the server. */
export type TripsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<number, E, R>

/** Watches the wire from now on: a trip begins where the client speaks after the server has. */
export const wireTrips = (proxy: FaultProxy["Type"]): Effect.Effect<TripsOf> =>
  Effect.gen(function* () {
    let trips = 0
    let last = "toClient"
    yield* proxy.cutBefore("toServer", () => {
      if (last === "toClient") trips += 1
      last = "toServer"
      return false
    })
    yield* proxy.cutBefore("toClient", () => {
      last = "toClient"
      return false
    })
    yield* proxy.latency(latency)
    return (effect) =>
      Effect.suspend(() => {
        const before = trips
        return Effect.map(effect, () => trips - before)
      })
  })
