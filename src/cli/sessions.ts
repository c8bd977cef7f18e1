import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { jsonOption, urlOption } from "./Target.ts"

/** Loaded only here: it needs the settings of the service. */
const prune = Command.make("prune", { json: jsonOption, url: urlOption }, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./prune.ts")),
    ({ prune }) => prune(options)
  )
)

export const sessions = Command.make("sessions").pipe(Command.withSubcommands([prune]))
