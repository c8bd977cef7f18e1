import { createHash, randomBytes } from "node:crypto"
import { Effect, Layer, Redacted } from "effect"
import { todaysCost } from "../../src/auth/HashCost.ts"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"

const tagOf = (salt: string, password: string) =>
  createHash("sha256").update(salt).update(password).digest("base64").replace("=", "")

/** How a hash of today's cost begins, or of an older one if it says so. */
export const hashPrefix = (passes = todaysCost.timeCost): string =>
  `$argon2id$v=19$m=${todaysCost.memoryCost},t=${passes},p=${todaysCost.parallelism}$`

/** A hash that {@link cheapPasswords} verifies, of an older cost if it says so. */
export const cheapHash = (password: string, passes?: number): string => {
  const salt = randomBytes(16).toString("base64").replace("==", "")
  return `${hashPrefix(passes)}${salt}$${tagOf(salt, password)}`
}

/** Passwords that are told apart as by the real ones, with salts, but for next to no time. */
export const cheapPasswords = Layer.succeed(Passwords, {
  hash: (password) =>
    Effect.sync(() => PasswordHash(Redacted.make(cheapHash(Redacted.value(password))))),
  verify: (password, hash) =>
    Effect.sync(() => {
      const [salt = "", tag = ""] = (hash ? Redacted.value(hash) : "").split("$").slice(-2)
      return hash !== undefined && tagOf(salt, Redacted.value(password)) === tag
    })
})
