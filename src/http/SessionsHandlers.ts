import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Sessions } from "../auth/Sessions.ts"
import { Api } from "./Api.ts"
import { CurrentSession } from "./Authentication.ts"
import { requester } from "./Requester.ts"
import * as SessionCookie from "./SessionCookie.ts"

/** The endpoints of `SessionsGroup`. */
export const layer = HttpApiBuilder.group(Api, "sessions", (handlers) =>
  Effect.map(Sessions, (sessions) =>
    handlers
      .handle("list", () =>
        Effect.gen(function* () {
          const { session, user } = yield* CurrentSession
          const summaries = yield* sessions.list(user.id)
          return {
            sessions: summaries.map((summary) => ({
              ...summary,
              isCurrent: summary.id === session.id
            }))
          }
        })
      )
      .handle("revoke", ({ path: { id } }) =>
        Effect.gen(function* () {
          const { session, user } = yield* CurrentSession
          yield* sessions.revokeById(user.id, id, yield* requester)
          // An id may be spelled in upper case as well; the database writes lower case.
          if (id.toLowerCase() === session.id) yield* SessionCookie.clear
        })
      )
      .handle("revokeOthers", () =>
        Effect.gen(function* () {
          const { session } = yield* CurrentSession
          yield* sessions.revokeOthers(session, yield* requester)
        })
      )
  )
)
