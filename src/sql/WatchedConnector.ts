import { Duration, Effect, Schedule, type Scope } from "effect"
import type { Connector } from "../pool/Connection.ts"
import type { Auxiliary } from "./Auxiliary.ts"
import { type PgClientConfig, poolConfig } from "./PgClientConfig.ts"
import type { PgConnection } from "./PgConnection.ts"
import { endSeen, lookAt, type Sight } from "./SideLook.ts"
import { SilenceWatch } from "./SilenceWatch.ts"

const defaultThreshold = Duration.seconds(1)

/** A connection that was kept may itself be swallowed: better soon another one. */
const lookTimeout = Duration.millis(300)

const again = Schedule.exponential("50 millis").pipe(
  Schedule.union(Schedule.spaced("500 millis")),
  Schedule.jittered
)

/** Tries until it is done, or somebody who waits for its locks would have given up. */
const end =
  (auxiliary: Auxiliary, deadline: Duration.Duration) =>
  (sight: Sight): Effect.Effect<void> =>
    auxiliary
      .ask(endSeen(sight))
      .pipe(Effect.retry(again), Effect.timeoutOption(deadline), Effect.ignore)

/**
 * A connector whose sessions are watched over: what the network swallows is found out by asking the
 * server on the auxiliary connection. An infinite `silenceThreshold` leaves it as it is.
 */
export const watched = (
  connector: Connector<PgConnection>,
  auxiliary: Auxiliary,
  config: PgClientConfig
): Effect.Effect<Connector<PgConnection>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const threshold = Duration.decode(config.silenceThreshold ?? defaultThreshold)
    if (!Duration.isFinite(threshold)) return connector
    const watch = yield* SilenceWatch.make({
      threshold,
      look: (pids) => auxiliary.ask(lookAt(pids), lookTimeout),
      end: end(auxiliary, poolConfig(config).acquireTimeout)
    })
    return {
      connect: (onLoss) =>
        Effect.map(connector.connect(onLoss), (connection) => {
          watch.over(connection)
          return connection
        })
    }
  })
