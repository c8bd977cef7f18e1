import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Credentials } from "../auth/Credentials.ts"
import { BodyRefused, CrossOrigin } from "./ApiError.ts"
import {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  IdempotencyKeyReused,
  InvalidCredentials,
  Throttled
} from "./AuthAnswer.ts"
import { Authentication, BearerToken } from "./Authentication.ts"
import { CheckYourMail, SignedIn, SignedInAs } from "./SignedInAnswer.ts"

const signUp = HttpApiEndpoint.post("signUp", "/signup")
  .setPayload(Credentials)
  .addSuccess(
    SignedIn.annotations(HttpApiSchema.annotations({ status: 201, identifier: "SignedIn" }))
  )
  .addSuccess(CheckYourMail)
  .addError(BodyRefused)
  .addError(CrossOrigin)
  .addError(EmailTaken)
  .addError(IdempotencyKeyReused)
  .addError(Throttled)
  .addError(HashingOverloaded)
  .addError(DatabaseUnavailable)
  .annotateContext(
    OpenApi.annotations({
      identifier: "signUp",
      summary: "Sign up",
      description:
        "Creates a user and begins a session. With the header Idempotency-Key it can be sent again when its answer was lost: the same key gives the same user. A service that wants mailboxes proven first answers 202 to everybody, and a letter decides."
    })
  )

const signIn = HttpApiEndpoint.post("signIn", "/signin")
  .setPayload(Credentials)
  .addSuccess(SignedIn)
  .addError(BodyRefused)
  .addError(InvalidCredentials)
  .addError(CrossOrigin)
  .addError(Throttled)
  .addError(HashingOverloaded)
  .addError(DatabaseUnavailable)
  .annotateContext(
    OpenApi.annotations({
      identifier: "signIn",
      summary: "Sign in",
      description:
        "Begins a session. An unknown address and a wrong password get the same answer, as fast."
    })
  )

const signOut = HttpApiEndpoint.post("signOut", "/signout")
  .addSuccess(HttpApiSchema.NoContent.annotations({ description: "The session has ended." }))
  .addError(CrossOrigin)
  .addError(DatabaseUnavailable)
  .middleware(BearerToken)
  .annotateContext(
    OpenApi.annotations({
      identifier: "signOut",
      summary: "Sign out",
      description:
        "Ends the session of the token. Safe to repeat: a session that has already ended gets 204, too."
    })
  )

const session = HttpApiEndpoint.get("session", "/session")
  .addSuccess(SignedInAs)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "currentSession",
      summary: "Who is signed in",
      description: "The user and session that the token belongs to. Uses one query."
    })
  )

/** Sign up, in and out, and who is signed in. */
export class AuthGroup extends HttpApiGroup.make("auth")
  .add(signUp)
  .add(signIn)
  .add(signOut)
  .add(session)
  .prefix("/auth")
  .annotateContext(
    OpenApi.annotations({ title: "Auth", description: "Accounts and their sessions." })
  ) {}
