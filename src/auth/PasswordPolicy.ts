import { Context, Effect, Layer, Schema } from "effect"
import { BreachedPasswords } from "./BreachedPasswords.ts"
import { isCommon } from "./CommonPasswords.ts"
import { lengthOf, MIN_LENGTH, type Password } from "./Password.ts"

/** A password must not be chosen. The message says why, after the name of a field; it quotes nothing. */
export class PasswordRefused extends Schema.TaggedError<PasswordRefused>()("PasswordRefused", {
  message: Schema.String
}) {}

const refused = (message: string) => new PasswordRefused({ message })

const COMMON = refused("is one of the 10,000 most common passwords")
const BREACHED = refused("is known from a data breach: whoever has the list tries it first")

/** How short a password may be. */
export interface PasswordPolicyOptions {
  /**
   * The fewest characters, 8 to 64. Default 8. NIST SP 800-63B-4 asks for 15 where a password is all
   * that a sign-in needs.
   */
  readonly minLength?: number | undefined
}

const rules = (
  { minLength = MIN_LENGTH }: PasswordPolicyOptions,
  breached: typeof BreachedPasswords.Service
): {
  /** Fails with the first reason against a password: its length, how common it is, a breach. */
  readonly check: (password: Password) => Effect.Effect<void, PasswordRefused>
} => {
  const tooShort = refused(`must be at least ${minLength} characters long`)
  return {
    check: Effect.fn("PasswordPolicy.check")(function* (password: Password) {
      if (lengthOf(password) < minLength) return yield* tooShort
      if (isCommon(password)) return yield* COMMON
      if (yield* breached.check(password)) return yield* BREACHED
    })
  }
}

const nothingBreached = { check: () => Effect.succeed(false) }

/**
 * Decides which passwords may be chosen: at sign-up, change and reset.
 *
 * Not at sign-in: a rule that becomes stricter locks nobody out. It holds on top of what every
 * `Password` has to be. A reference with a default, 8 characters and not a common one, so that it
 * holds wherever nobody has provided another.
 */
export class PasswordPolicy extends Context.Reference<PasswordPolicy>()(
  "holdfast/auth/PasswordPolicy",
  { defaultValue: () => rules({}, nothingBreached) }
) {
  /** Sets other rules than the default ones, for the layers that it is provided to. */
  static layer(options: PasswordPolicyOptions = {}): Layer.Layer<never, never, BreachedPasswords> {
    return Layer.effect(
      PasswordPolicy,
      Effect.map(BreachedPasswords, (breached) => rules(options, breached))
    )
  }
}
