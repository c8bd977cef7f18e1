import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "./Api.ts"
import { draining } from "./ApiError.ts"
import { DatabaseHealth } from "./DatabaseHealth.ts"
import { Readiness } from "./Readiness.ts"

/** The endpoints of `HealthGroup`. */
export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.map(Effect.all([DatabaseHealth, Readiness]), ([health, { isReady }]) =>
    handlers
      .handle("alive", () => Effect.succeed({ status: "alive" as const }))
      .handle("ready", () =>
        Effect.if(isReady, {
          onTrue: () => Effect.succeed({ status: "ready" as const }),
          onFalse: () => draining
        })
      )
      .handle("database", () => health.current)
  )
)
