import { writeFile } from "node:fs/promises"
import type { Teardown } from "@effect/platform/Runtime"
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Data, Effect, Exit, Logger, LogLevel, Option } from "effect"

/** The proof can't be made, or what it shows breaks a promise. */
export class ProofFailed extends Data.TaggedError("ProofFailed")<{ readonly message: string }> {}

/** Keeps a report in a file, or prints it. */
export const publish = (text: string, file: string | undefined): Effect.Effect<void> =>
  file === undefined ? Console.log(text) : Effect.promise(() => writeFile(file, text))

const told = (cause: Cause.Cause<{ readonly message: string }>) =>
  Cause.isInterruptedOnly(cause)
    ? Effect.void
    : Console.error(
        Cause.failureOption(cause).pipe(
          Option.match({ onNone: () => Cause.pretty(cause), onSome: ({ message }) => message })
        )
      )

/** A proof that was interrupted has shown nothing: it ends as a shell says of SIGINT. */
const teardown: Teardown = (exit, end) =>
  end(Exit.isSuccess(exit) ? 0 : Exit.isInterrupted(exit) ? 130 : 1)

/** Runs a proof as this process: it exits with 0, with 1 and the reason, or interrupted. */
export const runProof = <E extends { readonly message: string }>(
  program: Effect.Effect<void, E>
): void =>
  NodeRuntime.runMain(
    program.pipe(
      Effect.tapErrorCause(told),
      // Thousands of connections are lost here, and the pool would tell of each.
      Logger.withMinimumLogLevel(LogLevel.Error)
    ),
    { teardown, disableErrorReporting: true }
  )
