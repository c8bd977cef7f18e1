import { type Duration, Effect } from "effect"
import type { SignedIn } from "../auth/SignedIn.ts"
import * as SessionCookie from "./SessionCookie.ts"
import type { Transport } from "./Transport.ts"

/**
 * Gives the token to whom it is meant for: the caller in the body, or the browser alone. The browser
 * keeps it for as long as a session can live: until then using it keeps it alive.
 */
export const handOver =
  (sessionLifetime: Duration.Duration) =>
  (to: Transport, { session, sessionToken, user }: SignedIn) =>
    to === "body"
      ? Effect.succeed({ user, session: { ...session, sessionToken } })
      : Effect.as(SessionCookie.set(sessionToken, sessionLifetime), { user, session })
