import { createHash, randomBytes } from "node:crypto"
import { Effect, Layer, Redacted } from "effect"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"

const tagOf = (salt: string, password: string) =>
  createHash("sha256").update(salt).update(password).digest("base64").replace("=", "")

const prefix = (passes: number) => `$argon2id$v=19$m=19456,t=${passes},p=1$`

/** A hash that {@link cheapPasswords} verifies, of an older cost if it says so. */
export const cheapHash = (password: string, passes = 2): string => {
  const salt = randomBytes(16).toString("base64").replace("==", "")
  return `${prefix(passes)}${salt}$${tagOf(salt, password)}`
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
