import { HttpApiSchema } from "@effect/platform"
import * as AuthError from "../auth/AuthError.ts"

/** The errors of auth/ as answers, each with its status: auth/ itself knows no HTTP. */

export const EmailTaken = AuthError.EmailTaken.annotations(
  HttpApiSchema.annotations({
    status: 409,
    description: "An account with this e-mail address exists already."
  })
)

/** The same for an unknown address and a wrong password. */
export const InvalidCredentials = AuthError.InvalidCredentials.annotations(
  HttpApiSchema.annotations({
    status: 401,
    description: "The e-mail address or the password is wrong."
  })
)

/** Whoever asks is signed in, but the password that was to confirm it is not theirs. */
export const WrongPassword = AuthError.WrongPassword.annotations(
  HttpApiSchema.annotations({ status: 403, description: "The password is wrong." })
)

export const SessionInvalid = AuthError.SessionInvalid.annotations(
  HttpApiSchema.annotations({
    status: 401,
    description:
      "The token, in the header or the cookie, is missing or malformed, or no live session has it."
  })
)

const LATER = "The service can't do this now; the Retry-After header says when to ask again."

/** A fault is never a verdict on who asks. */
export const DatabaseUnavailable = AuthError.DatabaseUnavailable.annotations(
  HttpApiSchema.annotations({ status: 503, description: LATER })
)

export const HashingOverloaded = AuthError.HashingOverloaded.annotations(
  HttpApiSchema.annotations({ status: 503, description: LATER })
)

export const Throttled = AuthError.Throttled.annotations(
  HttpApiSchema.annotations({
    status: 429,
    description: "It was tried too often; the Retry-After header says when to ask again."
  })
)

/** The same for a token that is malformed, unknown, used or expired. */
export const TokenInvalid = AuthError.TokenInvalid.annotations(
  HttpApiSchema.annotations({
    status: 400,
    description: "The token of the letter is not valid: it may have been used, or be too old."
  })
)

export const IdempotencyKeyReused = AuthError.IdempotencyKeyReused.annotations(
  HttpApiSchema.annotations({
    status: 422,
    description: "The Idempotency-Key came with a sign-up of another address or password."
  })
)
