import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "./Api.ts"
import { DatabaseHealth } from "./DatabaseHealth.ts"

/** The endpoints of `HealthGroup`. */
export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.map(DatabaseHealth, (health) =>
    handlers
      .handle("alive", () => Effect.succeed({ status: "alive" as const }))
      .handle("database", () => health.current)
  )
)
