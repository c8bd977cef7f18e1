import { HttpApiBuilder } from "@effect/platform"
import { DateTime, Effect } from "effect"
import { Accounts, type SignedIn } from "../auth/Accounts.ts"
import { Sessions } from "../auth/Sessions.ts"
import { Api, Credentials } from "./Api.ts"
import { CurrentSession, PresentedToken } from "./Authentication.ts"
import { decodeBody } from "./JsonBody.ts"
import * as SessionCookie from "./SessionCookie.ts"
import { type Transport, transport } from "./Transport.ts"

const credentials = decodeBody(Credentials)

/** Gives the token to whom it is meant for: the caller in the body, or the browser alone. */
const handedOver = (to: Transport, { session, sessionToken, user }: SignedIn) =>
  Effect.gen(function* () {
    if (to === "body") return { user, session: { ...session, sessionToken } }
    const now = yield* DateTime.now
    yield* SessionCookie.set(sessionToken, DateTime.distanceDuration(now, session.expires))
    return { user, session }
  })

/** Begins a session for whoever the body says, once it is known where its token goes. */
const begun = <E>(begin: (who: typeof Credentials.Type) => Effect.Effect<SignedIn, E>) =>
  Effect.gen(function* () {
    const to = yield* transport
    return yield* handedOver(to, yield* Effect.flatMap(credentials, begin))
  })

/** The endpoints of `AuthGroup`: each takes its input from the request and calls auth/. */
export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    return handlers
      .handleRaw("signUp", () => begun(accounts.signUp))
      .handleRaw("signIn", () => begun(accounts.signIn))
      .handle("signOut", () =>
        PresentedToken.pipe(
          Effect.flatMap((token) => sessions.revoke(token)),
          Effect.zipRight(SessionCookie.clear)
        )
      )
      .handle("session", () => CurrentSession)
  })
)
