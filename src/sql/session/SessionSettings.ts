import { type Clock, Duration, Effect, type Scope } from "effect"
import type * as pg from "pg"
import { KnownTexts } from "./KnownTexts.ts"
import type { PoolMode } from "./PoolMode.ts"
import type { PreparedStatements } from "./PreparedStatements.ts"
import { StatementLimits } from "./StatementLimits.ts"

/** What the sessions of one client have in common. */
export interface SessionSettings {
  readonly clock: Clock.Clock
  readonly limits: StatementLimits
  readonly texts: KnownTexts
  /** Most statements that one session keeps prepared; 0: none. */
  readonly preparedStatements: number
  /** What a session holds that is borrowed from somebody else's pool, for the next time. */
  readonly prepared: WeakMap<pg.Client, PreparedStatements>
  /** How long a statement may take whose fiber sets no limit of its own. */
  readonly statementTimeout: Duration.Duration | undefined
  /**
   * How long BEGIN may take whose fiber sets no limit. It is sent to get a session, and behind a pooler
   * waits for one.
   */
  readonly beginTimeout: Duration.Duration | undefined
  /** Whether sessions that are silent are looked at from the side. */
  readonly looksAtSilence: boolean
  /** What a proxy does, if one stands between. */
  readonly poolMode: PoolMode
  /**
   * False once a session behind a proxy has lost a prepared statement: a pooler stands between that
   * gives each transaction another one.
   */
  keepsNames: boolean
}

/**
 * The default bound of prepared statements: more than a service has in its hot paths, and at some
 * ten kilobytes each still little memory on the server.
 */
export const defaultPreparedStatements = 100

/** The settings of a client's sessions, for as long as the scope is open. */
export const sessionSettings = (
  options: {
    readonly preparedStatements?: number | undefined
    readonly statementTimeout?: Duration.Duration | undefined
    readonly beginTimeout?: Duration.Duration | undefined
    readonly looksAtSilence?: boolean
    readonly poolMode?: PoolMode | undefined
  } = {}
): Effect.Effect<SessionSettings, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    return {
      clock,
      limits: yield* StatementLimits.make(clock),
      prepared: new WeakMap(),
      texts: new KnownTexts(),
      preparedStatements: options.preparedStatements ?? defaultPreparedStatements,
      statementTimeout: options.statementTimeout,
      beginTimeout: options.beginTimeout,
      looksAtSilence: options.looksAtSilence ?? true,
      poolMode: options.poolMode ?? "transaction",
      keepsNames: true
    }
  })

/** A limit as users write it, absent where there is none. */
export const optionalDuration = (
  input: Duration.DurationInput | undefined
): Duration.Duration | undefined => (input === undefined ? undefined : Duration.decode(input))
