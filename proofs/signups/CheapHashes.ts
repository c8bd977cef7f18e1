import * as argon2 from "@node-rs/argon2"
import { Effect, Layer, Redacted } from "effect"
import { PasswordHash, Passwords } from "../../src/auth/index.ts"

/**
 * Real argon2id at the least cost that there is. At the real one sign-ups would spend nearly all of
 * their time hashing, where no fault of the database finds them.
 */
const cost = { memoryCost: 8, timeCost: 1, parallelism: 1 } as const

export const cheapHashes: Layer.Layer<Passwords> = Layer.succeed(Passwords, {
  hash: (password) =>
    Effect.map(
      Effect.promise(() => argon2.hash(Redacted.value(password), cost)),
      (hash) => PasswordHash(Redacted.make(hash))
    ),
  verify: (password, hash) =>
    hash === undefined
      ? Effect.succeed(false)
      : Effect.promise(() => argon2.verify(Redacted.value(hash), Redacted.value(password)))
})
