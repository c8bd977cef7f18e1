/** A process that owns an embedded server, to be killed. It prints one line about what it got. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Logger, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"

const print = (line: unknown) =>
  Effect.sync(() => process.stdout.write(`${JSON.stringify(line)}\n`))

const dieOnSignal = (before: Effect.Effect<void>) =>
  Effect.sync(() =>
    process.once("SIGUSR2", () => {
      Effect.runFork(
        Effect.andThen(
          before,
          Effect.sync(() => process.kill(process.pid, "SIGKILL"))
        )
      )
    })
  )

const directory = process.argv[2]

NodeRuntime.runMain(
  EmbeddedPostgres.make(directory === undefined ? {} : { directory }).pipe(
    Effect.tap(({ freeze }) => dieOnSignal(freeze)),
    Effect.flatMap((postgres) => Effect.zip(postgres.processId, Effect.succeed(postgres.url))),
    Effect.flatMap(([server, url]) => print({ server, url: Redacted.value(url) })),
    Effect.andThen(Effect.never),
    Effect.catchAll(({ reason, message }) => print({ reason, message })),
    Effect.scoped,
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )
)
