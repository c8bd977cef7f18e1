import { HttpApiBuilder, HttpApiError } from "@effect/platform"
import { Cause, Effect } from "effect"
import { InvalidRequest } from "./ApiError.ts"
import { errorAnswer } from "./ErrorAnswer.ts"
import { invalidRequest } from "./JsonBody.ts"

/**
 * Answers 400, in the contract's words, when a path parameter, a query or a header can't be decoded.
 *
 * platform fails with an error of its own there, which quotes what was sent and is not in the
 * contract; of it only the names of the fields are kept.
 */
export const layer = HttpApiBuilder.middleware((app) =>
  Effect.catchAllCause(app, (cause) => {
    const error: unknown = Cause.squash(cause)
    return error instanceof HttpApiError.HttpApiDecodeError
      ? Effect.succeed(errorAnswer(InvalidRequest, undecodable(error)))
      : Effect.failCause(cause)
  })
)

const undecodable = ({ issues }: HttpApiError.HttpApiDecodeError): InvalidRequest =>
  invalidRequest(
    "The request",
    issues.map(({ path }) => ({ field: path.join("."), message: "is not valid" }))
  )
