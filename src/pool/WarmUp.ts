import { Deferred, Duration, Effect, Schedule, ScheduleDecision, type Scope } from "effect"
import type { Connection } from "./Connection.ts"
import type { PoolConfig } from "./PoolConfig.ts"
import type { ConnectError } from "./PoolError.ts"
import { dialFailed } from "./PoolLog.ts"
import type { PoolShell } from "./PoolShell.ts"

/**
 * When the minimum is tried again after a failure: after `retryDelay`, doubled each time, spread by
 * a fifth to either side, `maxRetries` times. It yields the delay.
 */
export const retrySchedule = ({ maxRetries, retryDelay }: PoolConfig) =>
  Schedule.exponential(retryDelay).pipe(
    Schedule.jittered,
    Schedule.intersect(Schedule.recurs(maxRetries)),
    Schedule.delays
  )

const loggedRetries = (config: PoolConfig) =>
  retrySchedule(config).pipe(
    Schedule.intersect(Schedule.identity<ConnectError>()),
    Schedule.intersect(Schedule.forever),
    Schedule.onDecision(([[delay, error], failuresBefore], decision) =>
      ScheduleDecision.isContinue(decision) && !error.isFatal
        ? Effect.logWarning(
            dialFailed({
              attempt: failuresBefore + 1,
              attempts: config.maxRetries + 1,
              detail: error.message,
              retryIn: Duration.toMillis(delay)
            })
          )
        : Effect.void
    )
  )

const initialized = ({ max, min }: PoolConfig) =>
  Effect.logInfo(`Database connection pool initialized (min=${min}, max=${max})`)

const gaveUp = (attempts: number, { message }: ConnectError) =>
  Effect.logError(
    `Failed to create database connection pool after ${attempts} attempt${attempts === 1 ? "" : "s"}: ${message}`
  )

const openMinimum = <C extends Connection>(shell: PoolShell<C>, config: PoolConfig) =>
  Effect.suspend(() => {
    let attempts = 0
    const attempt = Effect.suspend(() => {
      attempts += 1
      return shell.warm
    })
    return Effect.retry(attempt, {
      schedule: loggedRetries(config),
      while: ({ isFatal }) => !isFatal
    }).pipe(
      Effect.tapError((error) => gaveUp(attempts, error)),
      Effect.zipRight(initialized(config))
    )
  })

/**
 * Opens the minimum, with retries. A lazy pool does so in the background, and if that fails says so
 * and waits for the first caller to try again.
 */
export const warmUp = <C extends Connection>(
  shell: PoolShell<C>,
  config: PoolConfig
): Effect.Effect<void, ConnectError, Scope.Scope> => {
  if (!config.lazy) return openMinimum(shell, config)
  const onDemand = Effect.zipRight(Deferred.await(shell.ready), initialized(config))
  return openMinimum(shell, config).pipe(
    Effect.orElse(() => onDemand),
    Effect.ignore,
    Effect.interruptible,
    Effect.forkScoped,
    Effect.asVoid
  )
}
