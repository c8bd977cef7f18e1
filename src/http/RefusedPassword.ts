import { Effect } from "effect"
import { PasswordRefused } from "../auth/PasswordPolicy.ts"
import type { FieldIssue, InvalidRequest } from "./ApiError.ts"
import { invalidRequest } from "./JsonBody.ts"

/** Tells of a password that must not be chosen as of any other field that is wrong. */
export const asIssueOf =
  (field: FieldIssue["field"]) =>
  <A, E, R>(
    effect: Effect.Effect<A, E | PasswordRefused, R>
  ): Effect.Effect<A, Exclude<E, PasswordRefused> | InvalidRequest, R> =>
    Effect.catchIf(
      effect,
      (error): error is PasswordRefused => error instanceof PasswordRefused,
      ({ message }) => invalidRequest("The body", [{ field, message }])
    )
