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

/** An id that only this key and this text lead to: a UUID of version 8, of their own making. */
export const idFrom = (key: IdempotencyKey, text: string): string => {
  const hex = Buffer.from(sha256(`${text}:${key}`)).toString("hex")
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32)
  ].join("-")
}
