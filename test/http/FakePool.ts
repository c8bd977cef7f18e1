import { Duration, Effect, Layer, Option } from "effect"
import { type AcquireError, Pool, type PoolStats } from "../../src/pool/index.ts"
import { noRefusals } from "../../src/pool/PoolError.ts"

/** The counters of a pool at rest. */
export const resting: PoolStats = {
  total: 1,
  idle: 1,
  active: 0,
  connecting: 0,
  waiting: 0,
  min: 1,
  max: 10,
  breaker: "closed",
  generation: 0,
  acquired: 0,
  waited: 0,
  waitTime: Duration.zero,
  useTime: Duration.zero,
  refused: noRefusals,
  cancelled: 0,
  dialed: 1,
  validated: 0,
  evicted: { idle: 0, lifetime: 0, invalid: 0, broken: 0, generation: 0, drain: 0 },
  retries: 0,
  lastError: Option.none()
}

/** A pool that only answers whether the database is there. */
export const fakePool = (
  check: Effect.Effect<void, AcquireError> = Effect.void,
  stats: Partial<PoolStats> = {}
): Layer.Layer<Pool> =>
  Layer.mock(Pool, {
    acquireTimeout: Duration.seconds(10),
    check,
    stats: Effect.succeed({ ...resting, ...stats })
  })
