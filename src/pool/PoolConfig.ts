import { Duration, Effect } from "effect"
import type { Backoff } from "./Backoff.ts"
import { ConnectError } from "./PoolError.ts"
import type { Limits } from "./PoolState.ts"

/**
 * Every knob of the pool: meaning, unit, default, reason.
 *
 * Sources of the defaults: minimum, maximum, retries and delay came with the product's first
 * request (min 1, max 10, 3 retries after 0.5 s, 1 s, 2 s). The others name theirs.
 */
export interface PoolConfig {
  /** What the pool is called in metrics. Default "default". */
  readonly name: string
  /**
   * Connections opened when the pool is built, and kept when idle. Default 1. What the server closes
   * is opened again when somebody asks, not before.
   */
  readonly min: number
  /** Connections at any time: idle, active and connecting together. Default 10. */
  readonly max: number
  /**
   * Longest time for one connection to open, startup and authentication included. Default 5 s:
   * ten times a usual cold start of a serverless database (a few hundred milliseconds). After each
   * dial in a row that had no answer in time the next may take twice as long, up to six times.
   */
  readonly connectTimeout: Duration.Duration
  /**
   * Longest wait of one caller for a connection. Default 10 s. Who can't be served in that time is
   * told so as soon as that is certain.
   */
  readonly acquireTimeout: Duration.Duration
  /**
   * Most callers that wait at the same time; the next is refused at once. Default 10,000: what a busy
   * pool of 10 serves within the default `acquireTimeout`, in about 5 MB.
   */
  readonly maxWaiting: number
  /** Further tries when the pool is built and the database can't be reached. Default 3. */
  readonly maxRetries: number
  /** Delay before the first of these tries, doubled for each further one, jittered. Default 500 ms. */
  readonly retryDelay: Duration.Duration
  /**
   * Delay between dials while callers wait for a database that is away: doubled for each failure
   * from `base` to `cap`, jittered. Default 100 ms to 500 ms, so that with the time of one dial a
   * caller never waits longer than the outage plus a second.
   */
  readonly redialDelay: Backoff
  /**
   * A connection idle for longer is proven with a round trip before it is lent. Default 1 s, as
   * pgx: busy connections pay nothing, idle ones pay one trip. Zero: always, also from one borrower
   * to the next. Infinite: never; then flags and a turn of the event loop, which are free, remain.
   */
  readonly validateAfterIdle: Duration.Duration
  /** Longest time for that proof. Default 1 s. */
  readonly validateTimeout: Duration.Duration
  /** A connection above `min` idle for longer is closed. Default 5 minutes. */
  readonly idleTimeout: Duration.Duration
  /**
   * How often an idle connection is proven with a round trip, so that what stands between forgets it
   * less easily. Default infinite: an idle pool sends no byte. Any other value keeps a serverless
   * database from going to sleep, and so costs its price by the hour; TCP's own keepalive does not.
   */
  readonly keepalive: Duration.Duration
  /**
   * A connection held by one borrower for longer is reported, with the span that holds it. Default 1
   * minute; infinite: never.
   */
  readonly leakThreshold: Duration.Duration
  /**
   * A connection older than this is closed instead of lent again. Default 30 minutes, less up to a
   * quarter at random, so that connections opened together do not end together (HikariCP #2035).
   * Infinite: never.
   */
  readonly maxLifetime: Duration.Duration
  /** Longest time to say goodbye to the server before the socket is dropped. Default 1 s. */
  readonly closeTimeout: Duration.Duration
  /**
   * When true, building the pool waits for nothing: a database that is away is looked for in the
   * background and when callers ask. Default false: building fails if the database can't be reached.
   */
  readonly lazy: boolean
}

/** The defaults documented on {@link PoolConfig}. */
export const defaults: PoolConfig = {
  name: "default",
  min: 1,
  max: 10,
  connectTimeout: Duration.seconds(5),
  acquireTimeout: Duration.seconds(10),
  maxWaiting: 10_000,
  maxRetries: 3,
  retryDelay: Duration.millis(500),
  redialDelay: { base: Duration.millis(100), cap: Duration.millis(500) },
  validateAfterIdle: Duration.seconds(1),
  validateTimeout: Duration.seconds(1),
  idleTimeout: Duration.minutes(5),
  keepalive: Duration.infinity,
  leakThreshold: Duration.minutes(1),
  maxLifetime: Duration.minutes(30),
  closeTimeout: Duration.seconds(1),
  lazy: false
}

/** The knobs that the machine itself needs, in its unit. */
export const limits = (config: PoolConfig): Limits => ({
  min: config.min,
  max: config.max,
  maxWaiting: config.maxWaiting,
  connectTimeout: Duration.toMillis(config.connectTimeout),
  acquireTimeout: Duration.toMillis(config.acquireTimeout),
  redialDelay: config.redialDelay,
  validateAfterIdle: Duration.toMillis(config.validateAfterIdle),
  idleTimeout: Duration.toMillis(config.idleTimeout),
  keepalive: Duration.toMillis(config.keepalive)
})

const isWhole = (value: number, least: number) => Number.isInteger(value) && value >= least

/** Times in which nothing at all could be done. */
const instants = ["acquireTimeout", "connectTimeout", "keepalive", "validateTimeout"] as const

/** Times that other pools switch off with a zero: here it would mean the opposite. */
const endless = ["leakThreshold", "maxLifetime"] as const

const isNoTime = (duration: Duration.Duration): boolean => Duration.toMillis(duration) <= 0

const wrongSize = ({ max, maxWaiting, min }: PoolConfig): string | undefined =>
  !isWhole(max, 1) || !isWhole(min, 0) || min > max || !(maxWaiting >= 1)
    ? `a minimum of ${min} and a maximum of ${max} connections and ${maxWaiting} waiting callers: the maximum is at least 1, the minimum from 0 to the maximum, the queue at least 1`
    : undefined

const wrongTime = (config: PoolConfig): string | undefined => {
  const zero = instants.find((name) => isNoTime(config[name]))
  if (zero !== undefined) return `a ${zero} of no time: give it some, or leave it out`
  const off = endless.find((name) => isNoTime(config[name]))
  if (off !== undefined) return `a ${off} of no time: one that never ends is Duration.infinity`
  const { base, cap } = config.redialDelay
  return isNoTime(base) || isNoTime(cap)
    ? "a redialDelay of no time: dials would follow each other without a pause"
    : undefined
}

/** Bounds that no pool can keep are refused, rather than bent. */
export const checked = (config: PoolConfig): Effect.Effect<void, ConnectError> => {
  const wrong = wrongSize(config) ?? wrongTime(config)
  if (wrong === undefined) return Effect.void
  const message = `a pool can't have ${wrong}`
  return Effect.fail(new ConnectError({ message, isFatal: true, provesRestart: false }))
}
