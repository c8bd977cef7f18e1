import { Effect } from "effect"
import { type Credentials, client } from "holdfast/api"

/** Asks a service for a session; needs an `HttpClient`, for example `FetchHttpClient.layer`. */
export const begin = (baseUrl: string, payload: Credentials) =>
  Effect.gen(function* () {
    const { auth } = yield* client({ baseUrl })
    const { session } = yield* Effect.catchTag(auth.signIn({ payload }), "Throttled", (later) =>
      Effect.delay(auth.signIn({ payload }), 1000 * later.retryAfterSeconds)
    )
    const me = yield* client({ baseUrl, token: session.sessionToken })
    return yield* me.auth.session()
  })
