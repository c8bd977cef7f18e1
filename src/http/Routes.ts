import { type HttpApi, HttpApiBuilder } from "@effect/platform"
import { Layer } from "effect"
import type { Accounts, Sessions } from "../auth/index.ts"
import type { Pool } from "../pool/index.ts"
import * as AccountHandlers from "./AccountHandlers.ts"
import { Api } from "./Api.ts"
import * as AuthHandlers from "./AuthHandlers.ts"
import { DatabaseHealth } from "./DatabaseHealth.ts"
import * as Docs from "./Docs.ts"
import * as HealthHandlers from "./HealthHandlers.ts"
import { Readiness } from "./Readiness.ts"
import { RequestDeadlines } from "./RequestDeadlines.ts"
import * as RequestParts from "./RequestParts.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as SessionAuthentication from "./SessionAuthentication.ts"
import * as SessionsHandlers from "./SessionsHandlers.ts"

const api = HttpApiBuilder.api(Api).pipe(
  Layer.provide([
    AuthHandlers.layer,
    SessionsHandlers.layer,
    AccountHandlers.layer,
    HealthHandlers.layer
  ]),
  Layer.provide([SessionAuthentication.layer, DatabaseHealth.layer()])
)

/**
 * The whole API with its handlers and documents, as `App.make` takes it. Needs `Accounts`,
 * `Sessions` and `Pool`.
 */
export const layer: Layer.Layer<
  HttpApi.Api | HttpApiBuilder.Router | HttpApiBuilder.Middleware | Readiness | RequestDeadlines,
  never,
  Accounts | Sessions | Pool
> = Layer.mergeAll(Docs.layer, RetryAfter.layer, RequestParts.layer).pipe(
  Layer.provideMerge(api),
  Layer.provideMerge(
    Layer.mergeAll(
      HttpApiBuilder.Router.Live,
      HttpApiBuilder.Middleware.layer,
      Readiness.layer,
      RequestDeadlines.layer
    )
  )
)
