import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { endAtSecondSignal } from "../endAtSecondSignal.ts"

/** Loaded only here: the other commands need none of it. */
const service = Effect.suspend(() => {
  endAtSecondSignal()
  return Effect.flatMap(
    Effect.promise(() => import("../Service.ts")),
    ({ program }) => program
  )
})

export const serve = Command.make("serve", {}, () => service)
