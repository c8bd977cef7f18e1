import { HttpApp, HttpServerResponse } from "@effect/platform"
import { Duration, Effect, Option, Redacted } from "effect"
import type { SessionToken } from "../auth/SessionToken.ts"
import { valuesIn } from "./CookieHeader.ts"

/**
 * The cookie that holds a session's token for a browser. By its prefix browsers take it only over
 * HTTPS, for this host alone and for all its paths, so that no neighbour under the same domain can
 * plant one (OWASP ASVS 5.0, 3.3.1 and 3.3.3).
 */
export const NAME = "__Host-session"

const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: "lax", path: "/" } as const

/** The cookie's value in a Cookie header. Two cookies of the name are as good as a wrong one. */
export const read = (header: string | undefined): Option.Option<string> => {
  const values = valuesIn(header, NAME)
  const [value] = values
  if (value === undefined) return Option.none()
  return Option.some(values.length === 1 ? value : "")
}

const answerWith = (value: string, maxAge: Duration.Duration): Effect.Effect<void> =>
  HttpApp.appendPreResponseHandler((_request, response) =>
    Effect.succeed(
      HttpServerResponse.unsafeSetCookie(response, NAME, value, { ...ATTRIBUTES, maxAge })
    )
  )

/**
 * Has the answer give the browser a session's token, to be kept for so long: until the session's
 * absolute end, because until then using it may keep it alive.
 */
export const set = (token: SessionToken, maxAge: Duration.Duration): Effect.Effect<void> =>
  answerWith(Redacted.value(token), Duration.seconds(Math.floor(Duration.toSeconds(maxAge))))

/**
 * Has the answer take the cookie away. Only by its user's wish, for a session that has ended or a
 * cookie that can hold none: a browser that is told so by a fault has signed someone out who was not.
 */
export const clear: Effect.Effect<void> = answerWith("", Duration.zero)
