import * as Command from "@effect/cli/Command"
import { Effect } from "effect"

/** Loaded only here: the other commands need none of it. */
const service = Effect.flatMap(
  Effect.promise(() => import("../Service.ts")),
  ({ program }) => program
)

/** `holdfast serve`. */
export const serve = Command.make("serve", {}, () => service).pipe(
  Command.withDescription(
    "Run the sign-up and session service until it is told to end (SIGTERM, Ctrl-C). It is configured by the environment alone: README.md lists all that can be set. Without a database, outside production, it starts an embedded one."
  )
)
