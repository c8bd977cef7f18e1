import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import {
  ChangeEmail,
  ChangePassword,
  DeleteAccount,
  ResetPassword,
  ResetRequest,
  VerifyEmail
} from "./AccountPayloads.ts"
import { BodyRefused, CrossOrigin } from "./ApiError.ts"
import {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  Throttled,
  TokenInvalid,
  WrongPassword
} from "./AuthAnswer.ts"
import { Authentication } from "./Authentication.ts"
import { SignedIn } from "./SignedInAnswer.ts"

const done = (description: string) => HttpApiSchema.NoContent.annotations({ description })

const accepted = HttpApiSchema.Empty(202).annotations({
  description: "A letter is on its way, if there is someone to write to."
})

const changePassword = HttpApiEndpoint.post("changePassword", "/password/change")
  .setPayload(ChangePassword)
  .addSuccess(SignedIn)
  .addError(BodyRefused)
  .addError(WrongPassword)
  .addError(HashingOverloaded)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "changePassword",
      summary: "Change the password",
      description:
        "Needs the current one. Ends every session and begins another, whose token is in the answer."
    })
  )

const requestPasswordReset = HttpApiEndpoint.post("requestPasswordReset", "/password/reset-request")
  .setPayload(ResetRequest)
  .addSuccess(accepted)
  .addError(BodyRefused)
  .annotateContext(
    OpenApi.annotations({
      identifier: "requestPasswordReset",
      summary: "Ask for a new password",
      description: "Has a letter sent to the account's owner. The same answer where there is none."
    })
  )

const resetPassword = HttpApiEndpoint.post("resetPassword", "/password/reset")
  .setPayload(ResetPassword)
  .addSuccess(done("The new password holds, and every session has ended."))
  .addError(BodyRefused)
  .addError(TokenInvalid)
  .addError(HashingOverloaded)
  .annotateContext(
    OpenApi.annotations({
      identifier: "resetPassword",
      summary: "Set a new password",
      description: "Takes the token of a letter, once. Ends every session; sign in afterwards."
    })
  )

const requestEmailProof = HttpApiEndpoint.post("requestEmailProof", "/email/verify-request")
  .addSuccess(accepted)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "requestEmailProof",
      summary: "Have the address confirmed",
      description: "Has a letter sent to the user's address, unless it is confirmed already."
    })
  )

const proveEmail = HttpApiEndpoint.post("proveEmail", "/email/verify")
  .setPayload(VerifyEmail)
  .addSuccess(done("What the letter promised is done."))
  .addError(BodyRefused)
  .addError(TokenInvalid)
  .addError(EmailTaken)
  .annotateContext(
    OpenApi.annotations({
      identifier: "proveEmail",
      summary: "Confirm an address",
      description:
        "Takes the token of a letter, once: confirms the address, changes it to the new one, keeps the old one or takes it back, or makes the account that was asked for."
    })
  )

const requestEmailChange = HttpApiEndpoint.post("requestEmailChange", "/email/change")
  .setPayload(ChangeEmail)
  .addSuccess(accepted)
  .addError(BodyRefused)
  .addError(WrongPassword)
  .addError(HashingOverloaded)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "requestEmailChange",
      summary: "Change the address",
      description:
        "Needs the password. The address changes once the link of the letter to it is followed; the old one is told of both. Asking again voids the links before; asking for the address that the account has keeps it."
    })
  )

const deleteAccount = HttpApiEndpoint.del("deleteAccount", "/account")
  .setPayload(DeleteAccount)
  .addSuccess(done("The account is gone, with its sessions."))
  .addError(BodyRefused)
  .addError(WrongPassword)
  .addError(HashingOverloaded)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "deleteAccount",
      summary: "Delete the account",
      description: "Needs the password, in the body."
    })
  )

/** What people do with their account, signed in or by a letter. */
export class AccountGroup extends HttpApiGroup.make("account")
  .add(changePassword)
  .add(requestPasswordReset)
  .add(resetPassword)
  .add(requestEmailProof)
  .add(proveEmail)
  .add(requestEmailChange)
  .add(deleteAccount)
  .addError(CrossOrigin)
  .addError(Throttled)
  .addError(DatabaseUnavailable)
  .prefix("/auth")
  .annotateContext(
    OpenApi.annotations({ title: "Account", description: "What people do with their account." })
  ) {}
