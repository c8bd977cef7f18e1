import { Brand, Effect, Either, Redacted } from "effect"
import { SessionInvalid } from "./AuthError.ts"
import { isTokenText, newTokenText, sha256 } from "./TokenText.ts"

/** The secret that proves a session. Shown once; the database holds only a digest of it. */
export type SessionToken = Redacted.Redacted<string> & Brand.Brand<"SessionToken">

const branded = Brand.nominal<SessionToken>()

/** A new token. */
export const generate: Effect.Effect<SessionToken> = Effect.map(newTokenText, (text) =>
  branded(Redacted.make(text))
)

/** Reads a session's token as it was presented. What can't be one is refused without asking the database. */
export const parse = (text: string): Either.Either<SessionToken, SessionInvalid> =>
  isTokenText(text) ? Either.right(branded(Redacted.make(text))) : Either.left(new SessionInvalid())

/**
 * What is stored and looked up instead of the token: the SHA-256 of its text, 32 bytes.
 *
 * It needs neither salt nor cost, as a password's hash does, because the token can't be guessed.
 * Looking it up by an index may tell how far digests agree, which says nothing about a token.
 */
export const digest = (token: SessionToken): Uint8Array => sha256(Redacted.value(token))
