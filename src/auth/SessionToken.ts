import { createHash } from "node:crypto"
import { Brand, Effect, Either, Encoding, Redacted } from "effect"
import { SessionInvalid } from "./AuthError.ts"
import { SecureRandom } from "./SecureRandom.ts"

/** The secret that proves a session. Shown once; the database holds only its {@link digest}. */
export type SessionToken = Redacted.Redacted<string> & Brand.Brand<"SessionToken">

const branded = Brand.nominal<SessionToken>()

/** 256 bits, twice what OWASP ASVS 5.0, 7.2.3 asks for: too many to guess or to search a digest. */
const BYTES = 32

/**
 * base64url without padding writes 32 bytes in 43 characters of six bits: 258, so the last two are
 * zero. Other endings decode to the same bytes and are refused: a token has one spelling.
 */
const CANONICAL = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

const fromBytes = (bytes: Uint8Array): SessionToken =>
  branded(Redacted.make(Encoding.encodeBase64Url(bytes)))

/** A new token. */
export const generate: Effect.Effect<SessionToken> = SecureRandom.pipe(
  Effect.flatMap((random) => random.bytes(BYTES)),
  Effect.map(fromBytes)
)

/** Reads a token as it was presented. What can't be one is refused without asking the database. */
export const parse = (text: string): Either.Either<SessionToken, SessionInvalid> =>
  CANONICAL.test(text)
    ? Either.right(branded(Redacted.make(text)))
    : Either.left(new SessionInvalid())

/**
 * What is stored and looked up instead of the token: the SHA-256 of its text, 32 bytes.
 *
 * It needs neither salt nor cost, as a password's hash does, because the token can't be guessed.
 * Looking it up by an index may tell how far digests agree, which says nothing about a token.
 */
export const digest = (token: SessionToken): Uint8Array =>
  createHash("sha256").update(Redacted.value(token)).digest()
