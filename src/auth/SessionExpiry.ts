import { Context, Duration, Layer } from "effect"

/** When sessions end by themselves, by the database's clock. */
export interface SessionExpiryOptions {
  /** Unused for so long, a session ends. Default one day. */
  readonly idle?: Duration.DurationInput
  /** However much it is used, a session ends so long after it began. Default 30 days. */
  readonly absolute?: Duration.DurationInput
}

/** The defaults documented on {@link SessionExpiryOptions}. */
export const defaultExpiry = { idle: Duration.days(1), absolute: Duration.days(30) } as const

const decoded = ({
  absolute = defaultExpiry.absolute,
  idle = defaultExpiry.idle
}: SessionExpiryOptions): {
  /** How long a session lasts that is not used. */
  readonly idle: Duration.Duration
  /** How long a session lasts, however much it is used. */
  readonly absolute: Duration.Duration
} => ({
  idle: Duration.decode(idle),
  absolute: Duration.decode(absolute)
})

/**
 * When sessions end by themselves. One reference for `Accounts` and `Sessions`, so that they agree;
 * it has a default, so nothing needs to provide it.
 */
export class SessionExpiry extends Context.Reference<SessionExpiry>()(
  "holdfast/auth/SessionExpiry",
  { defaultValue: () => decoded({}) }
) {
  /** Sets other times than the default ones, for the layers that it is provided to. */
  static layer(options: SessionExpiryOptions): Layer.Layer<never> {
    return Layer.succeed(SessionExpiry, decoded(options))
  }
}
