import { createHash, timingSafeEqual } from "node:crypto"
import { Redacted } from "effect"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/**
 * Whether a text is the token that an operator has set. It takes as long for each text of a length:
 * what is compared are digests, whose common beginning says nothing of the token's.
 */
export const isToken = (token: Redacted.Redacted<string>, given: string): boolean =>
  timingSafeEqual(digest(Redacted.value(token)), digest(given))
