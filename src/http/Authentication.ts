import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "@effect/platform"
import { Context, Schema } from "effect"
import type { Session } from "../auth/Session.ts"
import type { SessionToken } from "../auth/SessionToken.ts"
import type { User } from "../auth/User.ts"
import { DatabaseUnavailable, SessionInvalid } from "./AuthAnswer.ts"

/** The token that came with the request. Whether a session has it has not been looked up. */
export class PresentedToken extends Context.Tag("holdfast/http/PresentedToken")<
  PresentedToken,
  SessionToken
>() {}

/** The live session that the request's token belongs to, and its user. */
export class CurrentSession extends Context.Tag("holdfast/http/CurrentSession")<
  CurrentSession,
  {
    /** Who asks. */
    readonly user: User
    /** The one by which they are known. */
    readonly session: Session
  }
>() {}

const bearer = HttpApiSecurity.annotate(
  HttpApiSecurity.bearer,
  OpenApi.Description,
  "The sessionToken of an answer to sign-up or sign-in, as `Authorization: Bearer <token>`."
)

/**
 * Takes the token from the request, its Authorization header or else its session cookie, without
 * looking it up; 401 when there is not exactly one.
 */
export class BearerToken extends HttpApiMiddleware.Tag<BearerToken>()("holdfast/http/BearerToken", {
  failure: SessionInvalid,
  provides: PresentedToken,
  security: {
    /** The session's token in the request, by header or cookie. */
    bearer
  }
}) {}

/** Lets a request pass that belongs to a live session, and says which: `CurrentSession`. */
export class Authentication extends HttpApiMiddleware.Tag<Authentication>()(
  "holdfast/http/Authentication",
  {
    failure: Schema.Union(SessionInvalid, DatabaseUnavailable),
    provides: CurrentSession,
    security: {
      /** The session's token in the request, by header or cookie. */
      bearer
    }
  }
) {}
