import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { SessionId } from "../auth/Session.ts"
import { SessionSummary } from "../auth/SessionSummary.ts"
import { CrossOrigin, InvalidRequest } from "./ApiError.ts"
import { DatabaseUnavailable } from "./AuthAnswer.ts"
import { Authentication } from "./Authentication.ts"

/** The sessions of whoever asks, the newest first. */
export const SessionList = Schema.Struct({
  sessions: Schema.Array(
    Schema.Struct({
      ...SessionSummary.fields,
      isCurrent: Schema.Boolean.annotations({ description: "The one that asks." })
    })
  )
}).annotations({
  identifier: "SessionList",
  title: "Session list",
  description: "Where the user is signed in. No tokens: a session is ended by its id."
})

const list = HttpApiEndpoint.get("list", "/sessions")
  .addSuccess(SessionList)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "listSessions",
      summary: "List sessions",
      description: "Where the user is signed in."
    })
  )

const ended = HttpApiSchema.NoContent.annotations({ description: "They have ended." })

const revoke = HttpApiEndpoint.del("revoke", "/sessions/:id")
  .setPath(Schema.Struct({ id: SessionId }))
  .addSuccess(ended)
  .addError(InvalidRequest)
  .addError(CrossOrigin)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "revokeSession",
      summary: "End a session",
      description:
        "Ends one session of the user. Safe to repeat; for an id that is not one of theirs it does nothing, and says the same."
    })
  )

const revokeOthers = HttpApiEndpoint.del("revokeOthers", "/sessions")
  .addSuccess(ended)
  .addError(CrossOrigin)
  .middleware(Authentication)
  .annotateContext(
    OpenApi.annotations({
      identifier: "revokeOtherSessions",
      summary: "End all other sessions",
      description: "Ends all sessions of the user but the one that asks."
    })
  )

/** Where a user is signed in. */
export class SessionsGroup extends HttpApiGroup.make("sessions")
  .add(list)
  .add(revoke)
  .add(revokeOthers)
  .addError(DatabaseUnavailable)
  .prefix("/auth")
  .annotateContext(
    OpenApi.annotations({ title: "Sessions", description: "Where a user is signed in." })
  ) {}
