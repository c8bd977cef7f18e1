import { HttpApiSchema, HttpServerResponse } from "@effect/platform"
import { Schema } from "effect"
import { withRetryAfter } from "./RetryAfter.ts"

/** An error of the contract as an answer, for what is answered before an endpoint is reached. */
export const errorAnswer = <A extends { readonly _tag: string }, I>(
  schema: Schema.Schema<A, I>,
  error: A
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(Schema.encodeSync(schema)(error), {
    status: HttpApiSchema.getStatusError(schema)
  }).pipe(withRetryAfter(error))
