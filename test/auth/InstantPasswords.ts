import { Effect, Layer, Redacted } from "effect"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"

/** Passwords that cost nothing and all fit, for tests of what happens around them. */
export const instantPasswords = Layer.succeed(Passwords, {
  hash: () =>
    Effect.succeed(PasswordHash(Redacted.make("$argon2id$v=19$m=19456,t=2,p=1$salt$tag"))),
  verify: () => Effect.succeed(true)
})
