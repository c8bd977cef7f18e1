import { HttpApiBuilder } from "@effect/platform"
import { Effect, Redacted } from "effect"
import { Accounts } from "../auth/Accounts.ts"
import * as OneTimeToken from "../auth/OneTimeToken.ts"
import { SessionExpiry } from "../auth/SessionExpiry.ts"
import {
  ChangeEmail,
  ChangePassword,
  DeleteAccount,
  ResetPassword,
  ResetRequest,
  VerifyEmail
} from "./AccountPayloads.ts"
import { Api } from "./Api.ts"
import { CurrentSession } from "./Authentication.ts"
import { decodeBody } from "./JsonBody.ts"
import { asIssueOf } from "./RefusedPassword.ts"
import { requester } from "./Requester.ts"
import * as SessionCookie from "./SessionCookie.ts"
import { handOver } from "./TokenHandover.ts"
import { transport } from "./Transport.ts"

const bodies = {
  changePassword: decodeBody(ChangePassword),
  requestPasswordReset: decodeBody(ResetRequest),
  resetPassword: decodeBody(ResetPassword),
  proveEmail: decodeBody(VerifyEmail),
  requestEmailChange: decodeBody(ChangeEmail),
  deleteAccount: decodeBody(DeleteAccount)
}

const parsed = (token: Redacted.Redacted) => OneTimeToken.parse(Redacted.value(token))

/** Those that a session is needed for. */
const signedIn = (accounts: typeof Accounts.Service, handedOver: ReturnType<typeof handOver>) => ({
  changePassword: Effect.gen(function* () {
    const { user } = yield* CurrentSession
    const to = yield* transport
    const { currentPassword: current, newPassword: next } = yield* bodies.changePassword
    const begun = yield* accounts.changePassword(user, { current, next }, yield* requester)
    return yield* handedOver(to, begun)
  }).pipe(asIssueOf("newPassword")),

  requestEmailProof: Effect.gen(function* () {
    const { user } = yield* CurrentSession
    yield* accounts.requestEmailProof(user, yield* requester)
  }),

  requestEmailChange: Effect.gen(function* () {
    const { user } = yield* CurrentSession
    const { newEmail: email, password } = yield* bodies.requestEmailChange
    yield* accounts.requestEmailChange(user, { email, password }, yield* requester)
  }),

  deleteAccount: Effect.gen(function* () {
    const { user } = yield* CurrentSession
    const { password } = yield* bodies.deleteAccount
    yield* accounts.deleteAccount(user, password, yield* requester)
    yield* SessionCookie.clear
  })
})

/** Those that a letter is needed for, or nothing. */
const byLetter = (accounts: typeof Accounts.Service) => ({
  requestPasswordReset: Effect.gen(function* () {
    const { email } = yield* bodies.requestPasswordReset
    yield* accounts.requestPasswordReset(email, yield* requester)
  }),

  resetPassword: Effect.gen(function* () {
    const { newPassword: next, token } = yield* bodies.resetPassword
    yield* accounts.resetPassword({ token: yield* parsed(token), next }, yield* requester)
  }).pipe(asIssueOf("newPassword")),

  proveEmail: Effect.gen(function* () {
    const { token } = yield* bodies.proveEmail
    yield* accounts.proveEmail(yield* parsed(token), yield* requester)
  })
})

/** The endpoints of `AccountGroup`: each takes its input from the request and calls auth/. */
export const layer = HttpApiBuilder.group(Api, "account", (handlers) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const own = signedIn(accounts, handOver((yield* SessionExpiry).absolute))
    const anyones = byLetter(accounts)
    return handlers
      .handleRaw("changePassword", () => own.changePassword)
      .handleRaw("requestPasswordReset", () => anyones.requestPasswordReset)
      .handleRaw("resetPassword", () => anyones.resetPassword)
      .handle("requestEmailProof", () => own.requestEmailProof)
      .handleRaw("proveEmail", () => anyones.proveEmail)
      .handleRaw("requestEmailChange", () => own.requestEmailChange)
      .handleRaw("deleteAccount", () => own.deleteAccount)
  })
)
