import { Brand, Effect, Either, Redacted } from "effect"
import { TokenInvalid } from "./AuthError.ts"
import { isTokenText, newTokenText, sha256 } from "./TokenText.ts"

/** The secret in a letter's link. Good once; the database holds only a digest of it. */
export type OneTimeToken = Redacted.Redacted<string> & Brand.Brand<"OneTimeToken">

const branded = Brand.nominal<OneTimeToken>()

/** A new token. */
export const generate: Effect.Effect<OneTimeToken> = Effect.map(newTokenText, (text) =>
  branded(Redacted.make(text))
)

/** Reads a letter's token as it was presented. What can't be one is refused without asking the database. */
export const parse = (text: string): Either.Either<OneTimeToken, TokenInvalid> =>
  isTokenText(text) ? Either.right(branded(Redacted.make(text))) : Either.left(new TokenInvalid())

/** What is stored and looked up instead of the token: see `SessionToken.digest`. */
export const digest = (token: OneTimeToken): Uint8Array => sha256(Redacted.value(token))
