import { type Headers, type HttpApp, HttpServerRequest } from "@effect/platform"
import { Effect } from "effect"
import { CrossOrigin } from "./ApiError.ts"
import { errorAnswer } from "./ErrorAnswer.ts"
import { presentedBy } from "./Presented.ts"

/** What these do changes nothing (RFC 9110, 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** What a browser says of where a request comes from, in headers that no page can write. */
export type Provenance = "ours" | "foreign" | "unknown"

const isOwn = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host

/**
 * `Sec-Fetch-Site` says it outright: a page of ours, or nobody's (a bookmark). Without it, as over
 * plain HTTP, `Origin` is compared with the Host that was asked for; a scheme is not, because the TLS
 * in front of the service hides it.
 */
export const provenance = (headers: Headers.Headers, allowed: ReadonlySet<string>): Provenance => {
  const { host, origin, "sec-fetch-site": site } = headers
  if (site === "same-origin" || site === "none") return "ours"
  if (origin === undefined) return site === undefined ? "unknown" : "foreign"
  if (allowed.has(origin)) return "ours"
  return site === undefined && isOwn(origin, host) ? "ours" : "foreign"
}

/** Part of a request that says whether a browser may have been made to send it. */
export interface StateChange {
  readonly method: string
  readonly url: string
  readonly headers: Headers.Headers
}

/**
 * Whether a session's cookie is asked for: then a foreign page could sign its visitor in as itself. Read
 * as `transport` reads it, since a name or value may be percent-encoded.
 */
const asksForCookie = (url: string): boolean => {
  const query = url.indexOf("?")
  return query >= 0 && new URLSearchParams(url.slice(query)).getAll("transport").includes("cookie")
}

/**
 * Whether a request may do what it asks, given the origins that are allowed besides this service's.
 *
 * A cookie is sent by the browser, whoever made it ask. So a request that changes something and has the
 * session's cookie for its only proof must come from a page of ours; and one that will be given the
 * cookie must at least not come from a foreign one. A token in `Authorization` no foreign page can
 * send: then the cookie is not looked at (see `presentedBy`), and this does not matter.
 */
export const isSameOrigin = (
  { headers, method, url }: StateChange,
  allowed: ReadonlySet<string>
): boolean => {
  if (SAFE.has(method)) return true
  const from = provenance(headers, allowed)
  if (asksForCookie(url) && from === "foreign") return false
  return presentedBy(headers).via !== "cookie" || from === "ours"
}

const refused = errorAnswer(
  CrossOrigin,
  new CrossOrigin({
    message:
      "A request that has the session's cookie, or asks for it, must come from a page of this service, or of an origin in CORS_ORIGINS."
  })
)

/**
 * Answers 403 where a foreign page may have had a browser send the session's cookie with a request
 * that changes something, before an endpoint sees it. `allowed`: origins besides the service's own.
 */
export const sameOriginOnly =
  (allowed: ReadonlySet<string>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      isSameOrigin(request, allowed) ? app : Effect.succeed(refused)
    )
