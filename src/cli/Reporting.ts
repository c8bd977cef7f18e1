import { type Cause, Effect, Logger, LogLevel } from "effect"
import * as Environment from "../Environment.ts"
import { sentenceOf } from "./Outcome.ts"
import { printJson, progressOver } from "./Screen.ts"

/** On the standard error, where it does not mix with what was asked for; warnings for people only. */
const logger = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))
const level = process.stderr.isTTY ? LogLevel.Warning : LogLevel.None

const asJson = (cause: Cause.Cause<unknown>) => {
  const error = sentenceOf(cause)
  return error === undefined ? Effect.void : printJson({ error })
}

/** What all commands but `serve` have in common: where settings come from, and what is told of it. */
export const reporting =
  (json: boolean) =>
  <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    command.pipe(
      Effect.tapErrorCause((cause) =>
        Effect.zipRight(progressOver, json ? asJson(cause) : Effect.void)
      ),
      Logger.withMinimumLogLevel(level),
      Effect.provide([logger, Environment.layer])
    )
