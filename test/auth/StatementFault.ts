import type { SqlError } from "@effect/sql/SqlError"
import { Deferred, Effect, FiberId } from "effect"
import { answerLost } from "./ScriptedClient.ts"

type Rows = Effect.Effect<ReadonlyArray<unknown>, SqlError>

/** What befalls a statement when it is run, and the end of what may still go on then. */
export type StatementFault = (statement: Rows) => readonly [Rows, Effect.Effect<unknown>]

/** How the answer to a statement can be lost. */
export const statementFaults = {
  "before it arrives": () => [answerLost, Effect.void],
  "after it took effect": (statement) => [Effect.zipRight(statement, answerLost), Effect.void],
  "while it goes on": (statement) => {
    const ended = Deferred.unsafeMake<void>(FiberId.none)
    const late = Effect.ensuring(statement, Deferred.succeed(ended, undefined))
    return [Effect.zipRight(Effect.forkDaemon(late), answerLost), Deferred.await(ended)]
  }
} satisfies Readonly<Record<string, StatementFault>>
