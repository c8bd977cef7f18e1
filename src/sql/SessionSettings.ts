import { Duration } from "effect"
import { KnownTexts } from "./KnownTexts.ts"

/** What the sessions of one client have in common. */
export interface SessionSettings {
  readonly texts: KnownTexts
  /** Most statements that one session keeps prepared; 0: none. */
  readonly preparedStatements: number
  /** How long a statement may take whose fiber sets no limit of its own. */
  readonly statementTimeout: Duration.Duration | undefined
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

export const sessionSettings = (
  options: {
    readonly preparedStatements?: number | undefined
    readonly statementTimeout?: Duration.Duration | undefined
  } = {}
): SessionSettings => ({
  texts: new KnownTexts(),
  preparedStatements: options.preparedStatements ?? defaultPreparedStatements,
  statementTimeout: options.statementTimeout,
  keepsNames: true
})

/** A limit as users write it, absent where there is none. */
export const optionalDuration = (
  input: Duration.DurationInput | undefined
): Duration.Duration | undefined => (input === undefined ? undefined : Duration.decode(input))
