import { HttpServerResponse } from "@effect/platform"
import { Duration } from "effect"
import { valuesIn } from "../http/CookieHeader.ts"
import { LIFETIME } from "./AdminSessions.ts"

const NAME = "__Host-admin"

// Browsers take localhost for as safe as HTTPS, and so keep a Secure cookie over plain HTTP there.
const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: "strict", path: "/" } as const

/** The secret in a Cookie header; empty if there is none, or more than one. */
export const read = (header: string | undefined): string => {
  const values = valuesIn(header, NAME)
  return values.length === 1 ? (values[0] ?? "") : ""
}

/** Gives a browser a session's secret. */
export const set = (secret: string) =>
  HttpServerResponse.unsafeSetCookie(NAME, secret, { ...ATTRIBUTES, maxAge: LIFETIME })

/** Takes it away. */
export const clear = HttpServerResponse.unsafeSetCookie(NAME, "", {
  ...ATTRIBUTES,
  maxAge: Duration.zero
})
