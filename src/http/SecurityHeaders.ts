import { HttpServerResponse } from "@effect/platform"
import { contentSecurityPolicy } from "./Docs.ts"

/**
 * The headers of every answer; one that the answer already has stays.
 *
 * There is no Strict-Transport-Security: the service itself speaks plain HTTP, and RFC 6797 (7.2)
 * leaves that header to whoever ends TLS in front of it.
 */
const HEADERS = {
  // An answer may hold a session token or an account; documents are cheap to fetch again.
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/** Adds the headers that tell a browser to do nothing with an answer but what its type says. */
export const withSecurityHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, {
    ...HEADERS,
    ...pagePolicy(response),
    ...(response.status === 401 ? CHALLENGE : undefined),
    ...response.headers
  })

// RFC 9110 (15.5.2) asks for a challenge with every 401. Browsers show no dialog for Bearer.
const CHALLENGE = { "www-authenticate": 'Bearer realm="holdfast"' }

const pagePolicy = ({ body }: HttpServerResponse.HttpServerResponse) =>
  body._tag === "Uint8Array" && body.contentType.startsWith("text/html")
    ? { "content-security-policy": contentSecurityPolicy(body) }
    : undefined
