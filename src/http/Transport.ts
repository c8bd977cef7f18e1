import { HttpServerRequest } from "@effect/platform"
import { Effect } from "effect"
import type { InvalidRequest } from "./ApiError.ts"
import { invalidRequest } from "./JsonBody.ts"

/** Where a new session's token goes: into the body of the answer, or into a cookie. */
export type Transport = "body" | "cookie"

const unknown = invalidRequest("The query", [
  { field: "transport", message: "must be cookie, or left out" }
])

/** Reads `?transport=cookie`. Anything else under that name is refused: it may be a misspelling. */
export const transport: Effect.Effect<
  Transport,
  InvalidRequest,
  HttpServerRequest.ParsedSearchParams
> = Effect.flatMap(HttpServerRequest.ParsedSearchParams, ({ transport: value }) => {
  if (value === undefined) return Effect.succeed("body")
  return value === "cookie" ? Effect.succeed("cookie") : unknown
})
