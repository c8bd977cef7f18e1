import { type Headers, HttpServerResponse } from "@effect/platform"
import { Either } from "effect"

/** What pages of other origins may send besides what they may always send. */
const REQUEST_HEADERS = "authorization, content-type, idempotency-key"

/** What they may read besides what they may always read. */
const RESPONSE_HEADERS = "retry-after, x-request-id"

/** How long a browser need not ask again, in seconds. Ten minutes: an origin may be taken off. */
const MAX_AGE = 600

/**
 * Lets pages of the listed origins read an answer, and send the session's cookie along: which browsers
 * do when the page is of the same site (`app.example.com` and `auth.example.com`), because the cookie
 * is SameSite=Lax. Pages of another site use the bearer token.
 *
 * Without a list there are no such headers at all. With one, every answer says that it depends on the
 * origin, also to those who are not on it: a cache must not give the answer of one to another.
 */
export const withCors =
  (origins: ReadonlySet<string>, headers: Headers.Headers) =>
  (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    if (origins.size === 0) return response
    const { origin } = headers
    const answer = HttpServerResponse.setHeader(response, "vary", "Origin")
    return origin === undefined || !origins.has(origin)
      ? answer
      : HttpServerResponse.setHeaders(answer, {
          "access-control-allow-origin": origin,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": RESPONSE_HEADERS
        })
  }

/**
 * Answers OPTIONS for a path that takes these methods: which they are, and, when a page of a listed
 * origin asks (a preflight), what it may send.
 */
export const optionsAnswer =
  (origins: ReadonlySet<string>, headers: Headers.Headers) =>
  (methods: ReadonlyArray<string>): HttpServerResponse.HttpServerResponse => {
    const allow = methods.join(", ")
    const answer = HttpServerResponse.empty({ headers: { allow } })
    return headers["access-control-request-method"] === undefined ||
      headers.origin === undefined ||
      !origins.has(headers.origin)
      ? answer
      : HttpServerResponse.setHeaders(answer, {
          "access-control-allow-methods": allow,
          "access-control-allow-headers": REQUEST_HEADERS,
          "access-control-max-age": `${MAX_AGE}`
        })
  }

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:[^*]+$/.test(text) && new URL(text).origin === text

/** Reads exact origins with commas between, or names the first that is none. */
export const parseOrigins = (text: string): Either.Either<ReadonlySet<string>, string> => {
  const origins = text
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "")
  const wrong = origins.find((origin) => !isOrigin(origin))
  return wrong === undefined
    ? Either.right(new Set(origins))
    : Either.left(
        `must be origins as browsers write them, like https://app.example.com, with commas between: ${wrong} is none (no wildcard, no path, no slash at the end, lower case, no default port)`
      )
}
