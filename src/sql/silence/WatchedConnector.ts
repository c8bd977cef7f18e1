import { Duration, Effect, type Scope } from "effect"
import type { Connector } from "../../pool/Connection.ts"
import { backoff } from "../../runtime/backoff.ts"
import { type Auxiliary, unanswered } from "../Auxiliary.ts"
import { type PgClientConfig, poolConfig } from "../PgClientConfig.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { endSeen, type Look, lookAt, type Sight } from "./SideLook.ts"
import { SilenceWatch } from "./SilenceWatch.ts"
import type { Watchable } from "./Vigil.ts"

/** Leaves time for a dial and two looks within 2 s of a server that is 100 ms away. */
const defaultThreshold = Duration.millis(750)

/**
 * A connection that was kept may itself be cut off: better soon another one. Doubled where that does not
 * help, up to 2.4 s.
 */
const lookTimeout = (failures: number): Duration.Duration =>
  Duration.millis(300 * 2 ** Math.min(failures, 3))

const again = backoff("50 millis", "500 millis")

/** The silence that a process may take for one: a scan is an eighth of it. */
const leastThreshold = Duration.millis(80)

/** Tries until it is done, or until somebody who waits for its locks would have given up. */
const end =
  ({ ask }: Auxiliary, deadline: Duration.Duration) =>
  (sight: Sight): Effect.Effect<void> =>
    Effect.retry(ask(endSeen(sight)), again).pipe(
      Effect.tap((isEnded) =>
        isEnded
          ? Effect.logInfo(`Ended backend ${sight.pid} (${sight.state}): its client is cut off`)
          : Effect.void
      ),
      Effect.timeoutOption(deadline),
      Effect.ignore
    )

const look =
  ({ ask }: Auxiliary) =>
  (pids: ReadonlyArray<string>, failures: number): Effect.Effect<Look, boolean> =>
    Effect.mapError(
      ask(lookAt(pids), lookTimeout(failures)),
      (error) => error === unanswered || error.isRetryable
    )

/** How long a session may be silent before it is looked at; infinite: none is. */
export const silenceThresholdOf = ({ silenceThreshold = defaultThreshold }: PgClientConfig) =>
  Duration.max(Duration.decode(silenceThreshold), leastThreshold)

const owedBy = ({ about, pulse }: PgConnection): Watchable["owed"] => {
  const { bytes, id, isOwed, place } = pulse
  return isOwed && place !== undefined
    ? { phase: place.phase, backend: id?.backend ?? about.backend, sentBytes: bytes }
    : undefined
}

const watchable = (connection: PgConnection): Watchable => ({
  isOpen: connection.isOpen,
  get beat() {
    return connection.pulse.beat
  },
  get owed() {
    return owedBy(connection)
  },
  catchUp: connection.catchUp,
  onSent: (callback) => {
    connection.pulse.onSent = callback
  },
  swallow: (cause) => connection.end.swallow(cause)
})

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
    const threshold = silenceThresholdOf(config)
    if (!Duration.isFinite(threshold)) return connector
    const watch = yield* SilenceWatch.make({
      threshold,
      look: look(auxiliary),
      end: end(auxiliary, poolConfig(config).acquireTimeout)
    })
    return {
      ...connector,
      connect: (onLoss, onSign) =>
        Effect.map(connector.connect(onLoss, onSign), (connection) => {
          watch.over(watchable(connection))
          return connection
        })
    }
  })
