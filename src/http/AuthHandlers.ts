import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Accounts, type SignedIn } from "../auth/Accounts.ts"
import { Sessions } from "../auth/Sessions.ts"
import { Api, Credentials } from "./Api.ts"
import { CurrentSession, PresentedToken } from "./Authentication.ts"
import { decodeBody } from "./JsonBody.ts"

const credentials = decodeBody(Credentials)

const withToken = ({ session, sessionToken, user }: SignedIn) => ({
  user,
  session: { ...session, sessionToken }
})

/** The endpoints of `AuthGroup`: each takes its input from the request and calls auth/. */
export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    return handlers
      .handleRaw("signUp", () =>
        credentials.pipe(Effect.flatMap(accounts.signUp), Effect.map(withToken))
      )
      .handleRaw("signIn", () =>
        credentials.pipe(Effect.flatMap(accounts.signIn), Effect.map(withToken))
      )
      .handle("signOut", () => Effect.flatMap(PresentedToken, sessions.revoke))
      .handle("session", () => CurrentSession)
  })
)
