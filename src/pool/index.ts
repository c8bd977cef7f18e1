export type { Backoff } from "./Backoff.ts"
export type { Connection, Connector, Loss } from "./Connection.ts"
export type { ConnectionStats } from "./ConnectionStats.ts"
export { Pool, type PoolOf } from "./Pool.ts"
export type { PoolConfig } from "./PoolConfig.ts"
export {
  type AcquireError,
  AcquireTimeout,
  ConnectError,
  PoolClosed,
  QueueFull
} from "./PoolError.ts"
export type { EvictionReason, PoolEvent } from "./PoolEvent.ts"
export type { PoolStats } from "./PoolStats.ts"
export type { Occurrence } from "./Timeline.ts"
