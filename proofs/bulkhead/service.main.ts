/** The service in a process of its own, where names are looked up beside everything else. */
import { lookup } from "node:dns/promises"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Logger, LogLevel, Redacted } from "effect"
import { Server } from "../../src/http/Server.ts"
import { authService } from "../service/AuthService.ts"
import type { Probe, ServiceOrder, ServiceReport } from "./Order.ts"
import { probing } from "./Probing.ts"

const say = (report: ServiceReport) => Effect.sync(() => process.send?.(report))

const names: Array<Probe> = []

process.on("message", ({ _tag }: ServiceOrder) => {
  if (_tag === "Begin") names.length = 0
  else process.send?.({ _tag: "LookedUp", names } satisfies ServiceReport)
})

const program = Effect.gen(function* () {
  yield* say({ _tag: "Listening", url: (yield* Server).url })
  return yield* probing(
    Effect.promise(() => lookup("localhost")),
    names
  )
})

// Whoever started it is gone.
process.on("disconnect", () => process.exit())

NodeRuntime.runMain(
  program.pipe(
    Effect.provide(authService({ url: Redacted.make(process.env.BULKHEAD_URL ?? "") })),
    Logger.withMinimumLogLevel(LogLevel.Error)
  ),
  { disablePrettyLogger: true }
)
