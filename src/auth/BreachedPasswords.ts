import { Context, Effect, Layer } from "effect"
import type { Password } from "./Password.ts"

/**
 * Knows passwords that have leaked somewhere. By default it knows none: whoever asks a third party
 * chooses to.
 */
export class BreachedPasswords extends Context.Tag("holdfast/auth/BreachedPasswords")<
  BreachedPasswords,
  {
    /**
     * Whether the password is known to have leaked. It never fails: what can't be found out in time
     * counts as not leaked, because nobody should be kept from signing up by it.
     */
    readonly check: (password: Password) => Effect.Effect<boolean>
  }
>() {
  /** Knows no password and asks nobody. */
  static readonly none: Layer.Layer<BreachedPasswords> = Layer.succeed(BreachedPasswords, {
    check: () => Effect.succeed(false)
  })
}
