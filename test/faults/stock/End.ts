import { Cause, Duration, Effect, Exit, Fiber, Option } from "effect"
import { type Outcome, PgError } from "../../../src/sql/failure/PgError.ts"

/** How an effect ended, or that it did not. An error of ours tells the statement's outcome. */
export type End = "succeeds" | "fails" | `fails: ${Outcome}` | "dies" | "is interrupted" | "hangs"

/** The end in words. It dies only where there is no failure as well, which a handler would see. */
export const endIn = (exit: Exit.Exit<unknown, unknown>): End => {
  if (Exit.isSuccess(exit)) return "succeeds"
  const failure = Cause.failureOption(exit.cause)
  if (Option.isNone(failure)) return Cause.isDie(exit.cause) ? "dies" : "is interrupted"
  return failure.value instanceof PgError ? `fails: ${failure.value.outcome}` : "fails"
}

/** Where an end is not certain to come: long enough for what does not hang on a busy machine. */
export const aWhile = Duration.seconds(2)

/**
 * How an effect ends. What has not ended when `patience` is over hangs; it need not heed its
 * interruption, so nobody waits for that.
 */
export const endOf = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  patience: Duration.Duration = Duration.seconds(10)
): Effect.Effect<End, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDaemon(effect)
    const exit = yield* Effect.timeoutOption(Fiber.await(fiber), patience)
    if (Option.isSome(exit)) return endIn(exit.value)
    yield* Fiber.interruptFork(fiber)
    return "hangs"
  })

/** How long an interruption takes. What lies between the two is neither, and passes no test. */
export type Promptness = "promptly" | "not within a second" | `after ${number} ms`

/** The promise is 100 ms; the rest is what two busy cores may add to it. */
const promptly = Duration.millis(400)

const promptnessOf = (took: Duration.Duration): Promptness =>
  Duration.lessThan(took, promptly) ? "promptly" : `after ${Math.round(Duration.toMillis(took))} ms`

/** How long it takes to interrupt an effect that has run for a tenth of a second. */
export const interruptionOf = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Promptness, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDaemon(effect)
    yield* Effect.sleep("100 millis")
    yield* Fiber.interruptFork(fiber)
    const [took, exit] = yield* Effect.timed(Effect.timeoutOption(Fiber.await(fiber), "1 second"))
    return Option.isNone(exit) ? "not within a second" : promptnessOf(took)
  })
