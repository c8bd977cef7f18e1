import { DateTime, Effect, Stream } from "effect"
import { Pool } from "holdfast/pool"

/** Writes a line for whatever happens in the pool, for as long as it runs. */
export const incidents = Effect.gen(function* () {
  const pool = yield* Pool
  yield* Stream.runForEach(pool.events, ({ at, event }) =>
    Effect.log(`${DateTime.formatIso(at)} ${event._tag}`, event)
  )
})
