import { isValidationError } from "@effect/cli/ValidationError"
import { Cause, Data, Exit, Option } from "effect"
import { SettingsInvalid } from "../settings/SettingsInvalid.ts"

/** What a command was to find out is not as it should be, and it has said so. */
export class FoundWrong extends Data.TaggedError("FoundWrong") {}

/** A command could not do what it was asked to. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly message: string
}> {}

/** It was not asked for in the right way. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

/** What is to be told of a failure that has not been told yet. */
export const sentenceOf = (cause: Cause.Cause<unknown>): string | undefined => {
  if (Cause.isInterruptedOnly(cause)) return undefined
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error === undefined) return Cause.pretty(cause)
  const isTold = error instanceof FoundWrong || isValidationError(error)
  if (isTold) return undefined
  return error instanceof Error ? error.message : String(error)
}

const isWrongUse = (error: unknown): boolean =>
  error instanceof WrongUse || error instanceof SettingsInvalid || isValidationError(error)

/** The command among arguments. Before it there may be `--log-level debug`, or the same in one word. */
const commandOf = (args: ReadonlyArray<string>): string | undefined =>
  args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--log-level")

/**
 * How the process ends: 0 all is well, 1 something is wrong or could not be done, 2 wrong use, and 130,
 * as shells have it, where it was interrupted before it was done. A service is never done by itself.
 */
export const exitCodeOf = (
  exit: Exit.Exit<unknown, unknown>,
  args: ReadonlyArray<string>
): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return commandOf(args) === "serve" ? 0 : 130
  return Option.exists(Cause.failureOption(exit.cause), isWrongUse) ? 2 : 1
}
