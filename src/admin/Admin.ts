import type { HttpApiBuilder } from "@effect/platform"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Layer, type Redacted } from "effect"
import { isToken } from "../http/OperatorToken.ts"
import type { Readiness } from "../http/Readiness.ts"
import type { Pool } from "../pool/index.ts"
import * as AdminRoutes from "./AdminRoutes.ts"
import { AdminSessions } from "./AdminSessions.ts"
import { Watch } from "./Watch.ts"

/** What the dashboard stands on. */
export type Floors = Pool | SqlClient | Readiness | HttpApiBuilder.Router

/** The dashboard at `/admin`, opened by a token. Imported only where there is one. */
export const layer = (token: Redacted.Redacted<string>): Layer.Layer<never, never, Floors> =>
  AdminRoutes.layer.pipe(
    Layer.provide([AdminSessions.layer((given) => isToken(token, given)), Watch.layer])
  )
