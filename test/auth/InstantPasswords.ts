import { Effect, Layer, Redacted } from "effect"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"
import { hashPrefix } from "./CheapPasswords.ts"

/** Passwords that cost nothing and all fit, for tests of what happens around them. */
export const instantPasswords = Layer.succeed(Passwords, {
  hash: () => Effect.succeed(PasswordHash(Redacted.make(`${hashPrefix()}salt$tag`))),
  verify: () => Effect.succeed(true)
})
