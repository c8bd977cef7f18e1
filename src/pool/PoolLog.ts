import { Duration, Effect } from "effect"
import type { PoolEvent } from "./PoolEvent.ts"

/** Seconds to one or two places, as in "0.5s". */
export const seconds = (millis: number): string => `${Number((millis / 1000).toFixed(2))}s`

/** The line for a dial that failed and will be repeated. */
export const dialFailed = (failure: {
  readonly attempt: number
  readonly attempts: number
  readonly detail: string
  readonly retryIn: number
}): string =>
  `Failed to get connection (attempt ${failure.attempt}/${Number.isFinite(failure.attempts) ? failure.attempts : "unlimited"}): ${failure.detail}. Retrying in ${seconds(failure.retryIn)}...`

/** The line for callers who were refused for good. */
const refusedForGood = ({
  detail,
  refused
}: Extract<PoolEvent, { readonly _tag: "BreakerOpened" }>): string =>
  `Failed to get connection for ${refused} caller${refused === 1 ? "" : "s"}, and trying again can't help (${detail}): check address, user, password, database, certificate and quota. Until that is mended, whoever needs a new connection is refused`

/** Writes one line for an event, at the level that tells an operator whether to act. */
export const log = (event: PoolEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Evicted":
      return Effect.logDebug(`Connection evicted (${event.reason}) ${event.detail}`.trimEnd())
    case "Invalid":
      return Effect.logWarning(`Connection is invalid (${event.detail}), getting new connection...`)
    case "Stale":
      return Effect.logWarning("Connection pool may be stale, recreating pool...")
    case "Restarted":
      return Effect.logWarning(
        `Connection pool may be stale, recreating pool... (${event.detail}; condemned ${event.condemned})`
      )
    case "Dialed":
      return Effect.logDebug(`Connection opened in ${seconds(event.took)}`)
    case "BreakerOpened":
      return event.refused > 0
        ? Effect.logError(refusedForGood(event))
        : Effect.logDebug(`Breaker opened (${event.detail})`)
    case "DialFailed":
      return Effect.logWarning(dialFailed(event))
    case "Reconnected":
      return Effect.logInfo(
        `${event.beside > 0 ? "One more database connection opened" : "Database connection restored"} after ${event.attempts} attempts and ${Duration.format(Duration.millis(Math.round(event.after)))}`
      )
    case "Lapsed":
      return Effect.logInfo(
        `No further database connection was needed after ${event.attempts} failed attempt${event.attempts === 1 ? "" : "s"}: dialing is free again`
      )
    case "TimedOut":
      return Effect.logError(
        `Failed to get valid connection after ${event.attempts} attempt${event.attempts === 1 ? "" : "s"} (${event.detail})`
      )
    case "QueueFull":
      return Effect.logError(`The queue for connections is full (${event.detail})`)
    case "Leaked":
      return Effect.logWarning(
        `Connection held for ${seconds(event.heldFor)} by ${event.holder}: is it given back?`
      )
    case "Noted":
      return Effect.void
  }
}
