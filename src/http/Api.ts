import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Email } from "../auth/Email.ts"
import { Password } from "../auth/Password.ts"
import { Session } from "../auth/Session.ts"
import { User } from "../auth/User.ts"
import {
  CrossOrigin,
  DeadlineExceeded,
  InternalError,
  InvalidRequest,
  PayloadTooLarge,
  UnsupportedMediaType
} from "./ApiError.ts"
import {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  InvalidCredentials
} from "./AuthAnswer.ts"
import { Authentication, BearerToken } from "./Authentication.ts"
import { Alive, DatabaseAvailable, DatabaseDown } from "./Health.ts"
import { documentation } from "./OpenApiDocument.ts"

/** Who signs up or in: an e-mail address and a password. Other fields are ignored. */
export const Credentials = Schema.Struct({ email: Email, password: Password }).annotations({
  identifier: "Credentials",
  title: "Credentials",
  description: "An e-mail address and a password."
})

/** The answer to a sign-up or sign-in. The token is shown this once: only its digest is stored. */
export const SignedIn = Schema.Struct({
  user: User,
  session: Schema.Struct({
    ...Session.fields,
    sessionToken: Schema.optionalWith(
      Schema.Redacted(Schema.String).annotations({
        description:
          "The session's secret, to be sent as `Authorization: Bearer`. Shown this once; absent when it is in the cookie."
      }),
      { exact: true }
    )
  })
}).annotations({
  identifier: "SignedIn",
  title: "Signed in",
  description: "A user and the session that was begun for them, with its token."
})

/** The answer to who is signed in: no token in it. */
export const SignedInAs = Schema.Struct({ user: User, session: Session }).annotations({
  identifier: "SignedInAs",
  title: "Signed in as",
  description: "The user and session that the token belongs to."
})

const signUp = HttpApiEndpoint.post("signUp", "/signup")
  .setPayload(Credentials)
  .addSuccess(
    SignedIn.annotations(HttpApiSchema.annotations({ status: 201, identifier: "SignedIn" }))
  )
  .addError(InvalidRequest)
  .addError(CrossOrigin)
  .addError(EmailTaken)
  .addError(PayloadTooLarge)
  .addError(UnsupportedMediaType)
  .addError(HashingOverloaded)
  .addError(DatabaseUnavailable)
  .annotateContext(
    OpenApi.annotations({
      identifier: "signUp",
      summary: "Sign up",
      description:
        "Creates a user and begins a session. If the answer is lost the account may exist: sign in."
    })
  )

const signIn = HttpApiEndpoint.post("signIn", "/signin")
  .setPayload(Credentials)
  .addSuccess(SignedIn)
  .addError(InvalidRequest)
  .addError(InvalidCredentials)
  .addError(CrossOrigin)
  .addError(PayloadTooLarge)
  .addError(UnsupportedMediaType)
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

const alive = HttpApiEndpoint.get("alive", "/health")
  .addSuccess(Alive)
  .annotateContext(
    OpenApi.annotations({
      identifier: "alive",
      summary: "Is the service alive",
      description: "For load balancers. Never asks the database, so that it can sleep."
    })
  )

const database = HttpApiEndpoint.get("database", "/health/database")
  .addSuccess(DatabaseAvailable)
  .addError(DatabaseDown)
  .annotateContext(
    OpenApi.annotations({
      identifier: "database",
      summary: "Is the database there",
      description:
        "Takes a connection and asks the database over it, at most once a second for all callers."
    })
  )

/** Is the service there, and is its database. */
export class HealthGroup extends HttpApiGroup.make("health")
  .add(alive)
  .add(database)
  .annotateContext(
    OpenApi.annotations({ title: "Health", description: "For load balancers and monitoring." })
  ) {}

// `HttpApi.make` gives every endpoint an error of platform's own, HttpApiDecodeError, which quotes
// the input. Ours decode by themselves (JsonBody) and never answer with it, so the contract must not
// say so. There is no public way to take an error off an API; the overload names what it fails with
// instead.
function apiFailingWith<Id extends string, E, I>(
  id: Id,
  errorSchema: Schema.Schema<E, I>
): HttpApi.HttpApi<Id, never, E>
function apiFailingWith(id: string, errorSchema: Schema.Schema.Any): HttpApi.HttpApi.AnyWithProps {
  return Object.assign(HttpApi.make(id), { errorSchema })
}

/**
 * The HTTP contract: paths, what goes in, what comes out, every error with its status.
 *
 * It holds no handlers and needs no Node, so that a browser can import it for a typed client:
 * `HttpApiClient.make(Api, { baseUrl })`.
 */
export class Api extends apiFailingWith("holdfast", InternalError)
  .add(AuthGroup)
  .add(HealthGroup)
  .addError(DeadlineExceeded)
  .annotateContext(documentation) {}
