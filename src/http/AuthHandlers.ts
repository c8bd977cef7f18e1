import { HttpApiBuilder } from "@effect/platform"
import { Effect, Option } from "effect"
import { Accounts } from "../auth/Accounts.ts"
import { Credentials } from "../auth/Credentials.ts"
import { SessionExpiry } from "../auth/SessionExpiry.ts"
import { Sessions } from "../auth/Sessions.ts"
import { Api } from "./Api.ts"
import { CurrentSession, PresentedToken } from "./Authentication.ts"
import { idempotencyKey } from "./IdempotencyHeader.ts"
import { decodeBody } from "./JsonBody.ts"
import { asIssueOf } from "./RefusedPassword.ts"
import { requester } from "./Requester.ts"
import { tokenIfAny } from "./SessionAuthentication.ts"
import * as SessionCookie from "./SessionCookie.ts"
import { SignUpMode } from "./SignUpMode.ts"
import { handOver } from "./TokenHandover.ts"
import { transport } from "./Transport.ts"

const credentials = decodeBody(Credentials)

const checkYourMail = { status: "check-your-mail" as const }

/** The endpoints of `AuthGroup`: each takes its input from the request and calls auth/. */
export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    const mode = yield* SignUpMode
    const handedOver = handOver((yield* SessionExpiry).absolute)

    const signUp = Effect.gen(function* () {
      const to = yield* transport
      const options = { requester: yield* requester, idempotencyKey: yield* idempotencyKey }
      const who = yield* credentials
      if (mode === "verify-first") {
        yield* accounts.requestSignUp(who, options)
        return checkYourMail
      }
      return yield* handedOver(to, yield* accounts.signUp(who, options))
    })

    const signIn = Effect.gen(function* () {
      const to = yield* transport
      const replaces = Option.getOrUndefined(yield* tokenIfAny)
      const options = { requester: yield* requester, replaces }
      return yield* handedOver(to, yield* accounts.signIn(yield* credentials, options))
    })

    const signOut = Effect.gen(function* () {
      yield* sessions.revoke(yield* PresentedToken, yield* requester)
      yield* SessionCookie.clear
    })

    return handlers
      .handleRaw("signUp", () => signUp.pipe(asIssueOf("password")))
      .handleRaw("signIn", () => signIn)
      .handle("signOut", () => signOut)
      .handle("session", () => CurrentSession)
  })
)
