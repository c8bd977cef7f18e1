import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { RetryAfterSeconds } from "../auth/RetryAfterSeconds.ts"

/** What is wrong with one field of a request body. Never contains the value that was sent. */
export const FieldIssue = Schema.Struct({
  field: Schema.String.annotations({
    description: "The field's name, dotted when it is nested.",
    examples: ["email"]
  }),
  message: Schema.String.annotations({
    description: "What is wrong with it.",
    examples: ["is missing"]
  })
}).annotations({ identifier: "FieldIssue", title: "Field issue" })

/** See the schema of the same name. */
export type FieldIssue = typeof FieldIssue.Type

const sentence = Schema.String.annotations({ description: "What happened, for a person to read." })

/**
 * The body can't be understood, or fields of it are wrong: `issues` lists all of them.
 *
 * It stands in for platform's `HttpApiDecodeError`, which quotes the input (a password, say).
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()(
  "InvalidRequest",
  { message: sentence, issues: Schema.Array(FieldIssue) },
  HttpApiSchema.annotations({
    status: 400,
    description: "The body is not valid JSON, or fields of it are missing or wrong."
  })
) {}

/** The request has or asks for the session's cookie, and comes from no page that may use it. */
export class CrossOrigin extends Schema.TaggedError<CrossOrigin>()(
  "CrossOrigin",
  { message: sentence },
  HttpApiSchema.annotations({
    status: 403,
    description:
      "The request has or asks for the session's cookie, and comes from no page that may use it."
  })
) {}

/** No endpoint has this path. A path has one spelling, so `/auth/signup/` has none either. */
export class NotFound extends Schema.TaggedError<NotFound>()(
  "NotFound",
  { message: sentence },
  HttpApiSchema.annotations({ status: 404, description: "No endpoint has this path." })
) {}

/** The path exists, but not for this method: `allow` lists the ones it takes. */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>()(
  "MethodNotAllowed",
  { message: sentence, allow: Schema.Array(Schema.String) },
  HttpApiSchema.annotations({
    status: 405,
    description: "The path does not take this method; the Allow header lists those it takes."
  })
) {}

/** The body is larger than the service reads. */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()(
  "PayloadTooLarge",
  { message: sentence },
  HttpApiSchema.annotations({ status: 413, description: "The body is larger than 16 KiB." })
) {}

/** The body is not declared as plain JSON in UTF-8. */
export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()(
  "UnsupportedMediaType",
  { message: sentence },
  HttpApiSchema.annotations({
    status: 415,
    description: "The Content-Type is not application/json."
  })
) {}

/** Why a body is not taken: every endpoint that reads one can answer so. */
export const BodyRefused = Schema.Union(InvalidRequest, PayloadTooLarge, UnsupportedMediaType)

/** A defect of the service. What it was stands in the service's log, under the request's id. */
export class InternalError extends Schema.TaggedError<InternalError>()(
  "InternalError",
  { message: sentence },
  HttpApiSchema.annotations({ status: 500, description: "A defect of the service." })
) {}

/** The request took longer than the service allows and was given up. */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>()(
  "DeadlineExceeded",
  { message: sentence, retryAfterSeconds: RetryAfterSeconds },
  HttpApiSchema.annotations({
    status: 503,
    description: "The service can't do this now; the Retry-After header says when to ask again."
  })
) {}

/** The service is about to end and wants no further requests; those that come are still answered. */
export class Draining extends Schema.TaggedError<Draining>()(
  "Draining",
  { message: sentence, retryAfterSeconds: RetryAfterSeconds },
  HttpApiSchema.annotations({
    status: 503,
    description: "The service is about to end. Send requests to another instance."
  })
) {}

/** What is said while the service ends. */
export const draining = new Draining({
  message: "This instance is about to end. Send requests to another one.",
  retryAfterSeconds: 1
})
