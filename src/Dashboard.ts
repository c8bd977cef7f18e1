import { Effect, Layer } from "effect"
import type { Floors } from "./admin/Admin.ts"
import type { Settings } from "./Settings.ts"

/** The dashboard as the settings want it: imported only where there is a token. */
export const routes = ({ service: { adminToken } }: Settings): Layer.Layer<never, never, Floors> =>
  adminToken === undefined
    ? Layer.empty
    : Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("./admin/Admin.ts")),
          (Admin) => Admin.layer(adminToken)
        )
      )
