import type { Headers } from "@effect/platform"
import { Option } from "effect"
import * as SessionCookie from "./SessionCookie.ts"

// RFC 6750, 2.1 and RFC 9110, 11.1: the scheme's case does not matter; one token, nothing else.
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/** By what a request shows whose it is, if by anything. */
export interface Presented {
  readonly via: "header" | "cookie" | "none"
  /** What stands for the token there; empty where nothing can. */
  readonly text: string
}

const nothing: Presented = { via: "none", text: "" }

/**
 * Tells by what a request shows whose it is. `Authorization` wins over the cookie: whoever writes it
 * means it, while a browser adds the cookie by itself. When it is there but no bearer token, the
 * request is refused rather than made in the name of whoever the cookie belongs to.
 *
 * All who ask must ask here: a request may come from a foreign page (`SameOrigin`) exactly where it is
 * not the cookie that it is authenticated by. Two Authorization headers arrive joined by a comma, and
 * so match nothing.
 */
export const presentedBy = ({ authorization, cookie }: Headers.Headers): Presented => {
  if (authorization !== undefined) {
    return { via: "header", text: BEARER.exec(authorization)?.[1] ?? "" }
  }
  const inCookie = SessionCookie.read(cookie)
  return Option.isSome(inCookie) ? { via: "cookie", text: inCookie.value } : nothing
}
