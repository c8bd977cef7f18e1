import { createHash } from "node:crypto"
import { Effect, Encoding } from "effect"
import { SecureRandom } from "../runtime/SecureRandom.ts"

/** 256 bits, twice what OWASP ASVS 5.0, 7.2.3 asks for: too many to guess or to search a digest. */
const BYTES = 32

/**
 * base64url without padding writes 32 bytes in 43 characters of six bits: 258, so the last two are
 * zero. Other endings decode to the same bytes and are refused: a token has one spelling.
 */
const CANONICAL = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** The text of a new token: 32 random bytes as base64url. */
export const newTokenText: Effect.Effect<string> = SecureRandom.pipe(
  Effect.flatMap((random) => random.bytes(BYTES)),
  Effect.map((bytes) => Encoding.encodeBase64Url(bytes))
)

/** Whether a text can be a token at all. */
export const isTokenText = (text: string): boolean => CANONICAL.test(text)

/** SHA-256, 32 bytes. */
export const sha256 = (text: string): Uint8Array => createHash("sha256").update(text).digest()
