import { type Duration, Effect, Option } from "effect"
import { Pool } from "../pool/Pool.ts"
import { defaults } from "../pool/PoolConfig.ts"

/** The longest wait of one statement for a connection: of the pool that is provided, or by default. */
export const acquireTimeout: Effect.Effect<Duration.Duration> = Effect.map(
  Effect.serviceOption(Pool),
  (pool) => Option.getOrElse(pool, () => defaults).acquireTimeout
)
