import { Duration, type Effect, FiberRef, GlobalValue, Option } from "effect"
import { dual } from "effect/Function"
import { locally } from "../../runtime/locally.ts"
import type { AnyFiber } from "../../runtime/Traced.ts"
import type { SessionSettings } from "./SessionSettings.ts"

/** How long each statement of the current fiber may take, if that is limited. */
export const current: FiberRef.FiberRef<Option.Option<Duration.Duration>> = GlobalValue.globalValue(
  "holdfast/sql/statementTimeout",
  () => FiberRef.unsafeMake(Option.none<Duration.Duration>())
)

/** The limit of a fiber's statements: its own, else that of the client; absent if there is none. */
export const limitOf = (
  fiber: AnyFiber,
  { statementTimeout }: SessionSettings
): Duration.Duration | undefined => {
  const limit = Option.getOrElse(fiber.getFiberRef(current), () => statementTimeout)
  return limit !== undefined && Duration.isFinite(limit) ? limit : undefined
}

/** The client's own verdict on a statement, under the code by which the table knows it. */
export class StatementTimeout extends Error {
  readonly code = "ESTATEMENTTIMEOUT"
  constructor(limit: Duration.Duration) {
    super(`no answer within the statement timeout of ${Duration.format(limit)}`)
  }
}

/**
 * Limits the time from sending each statement of an effect to its answer; waiting for a connection
 * does not count. A statement that takes longer is cancelled, its connection is dropped unless others
 * share it, and it fails with a `PgError` (`StatementTimeoutError`, outcome `Unknown` outside a
 * transaction).
 *
 * It goes before the client's own `statementTimeout`; an infinite duration lifts that.
 */
export const statementTimeout: {
  (
    duration: Duration.DurationInput
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.DurationInput) =>
  locally(self, current, Option.some(Duration.decode(duration)))
)
