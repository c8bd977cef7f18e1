import { HttpServerRequest } from "@effect/platform"
import { Effect, Schema } from "effect"
import { IdempotencyKey } from "../auth/IdempotencyKey.ts"
import type { InvalidRequest } from "./ApiError.ts"
import { invalidRequest } from "./JsonBody.ts"

const decode = Schema.decodeUnknownOption(IdempotencyKey)

const malformed = invalidRequest("The header", [
  { field: "Idempotency-Key", message: "must be 1 to 255 visible ASCII characters" }
])

/** The request's `Idempotency-Key`, if it has one. */
export const idempotencyKey: Effect.Effect<
  IdempotencyKey | undefined,
  InvalidRequest,
  HttpServerRequest.HttpServerRequest
> = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
  const text = headers["idempotency-key"]
  return text === undefined
    ? Effect.succeed(undefined)
    : Effect.mapError(decode(text), () => malformed)
})
