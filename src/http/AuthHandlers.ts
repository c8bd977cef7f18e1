import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Accounts } from "../auth/Accounts.ts"
import { Sessions } from "../auth/Sessions.ts"
import type { SignedIn } from "../auth/SignedIn.ts"
import { Api, Credentials } from "./Api.ts"
import { CurrentSession, PresentedToken } from "./Authentication.ts"
import { decodeBody } from "./JsonBody.ts"

const credentials = decodeBody(Credentials)

const withToken = ({ session, sessionToken, user }: SignedIn) => ({
  user,
  session: { ...session, sessionToken }
})

/**
 * The endpoints of `AuthGroup`: each takes its input from the request and calls auth/.
 *
 * Nothing sends a key or is limited here yet, so the errors of that would be defects.
 */
export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    return handlers
      .handleRaw("signUp", () =>
        credentials.pipe(
          Effect.flatMap((given) => accounts.signUp(given)),
          Effect.catchTag("IdempotencyKeyReused", "Throttled", Effect.die),
          Effect.map(withToken)
        )
      )
      .handleRaw("signIn", () =>
        credentials.pipe(
          Effect.flatMap((given) => accounts.signIn(given)),
          Effect.catchTag("Throttled", Effect.die),
          Effect.map(withToken)
        )
      )
      .handle("signOut", () => Effect.flatMap(PresentedToken, (token) => sessions.revoke(token)))
      .handle("session", () => CurrentSession)
  })
)
