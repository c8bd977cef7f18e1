import { Schema } from "effect"
import { sha256 } from "./TokenText.ts"

/**
 * Names one sign-up, so that its client can send it again: 1 to 255 visible ASCII characters, made
 * at random by the client. Only its digest is stored.
 */
export const IdempotencyKey = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,255}$/, {
    message: () => "must be 1 to 255 visible ASCII characters"
  }),
  Schema.brand("IdempotencyKey"),
  Schema.annotations({ identifier: "IdempotencyKey" })
)

/** See the schema of the same name. */
export type IdempotencyKey = typeof IdempotencyKey.Type

/** What is stored instead of the key. */
export const digest = (key: IdempotencyKey): Uint8Array => sha256(`sign-up:${key}`)
