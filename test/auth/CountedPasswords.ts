import { Effect, Layer } from "effect"
import { Passwords } from "../../src/auth/Passwords.ts"

/** The passwords it stands before, and how many of them were compared. */
export const countedPasswords = (passwords: Layer.Layer<Passwords>) => {
  let count = 0
  const layer = Layer.project(passwords, Passwords, Passwords, ({ hash, verify }) => ({
    hash,
    verify: (password, stored) =>
      Effect.suspend(() => {
        count += 1
        return verify(password, stored)
      })
  }))
  return { layer, compared: () => count }
}
