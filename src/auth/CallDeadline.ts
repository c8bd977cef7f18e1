import { Duration, Effect, FiberRef, GlobalValue } from "effect"
import { locally } from "../runtime/locally.ts"
import { stopwatch } from "../runtime/Stopwatch.ts"

/** What is left of the time that the statements of one call have together. */
interface Budget {
  left: Duration.Duration
}

const budget: FiberRef.FiberRef<Budget | undefined> = GlobalValue.globalValue(
  "holdfast/auth/CallDeadline",
  () => FiberRef.unsafeMake<Budget | undefined>(undefined)
)

/**
 * Gives the statements of a call one deadline together, and those that it has others run for it. What
 * a call does between them, as hashing, has deadlines of its own and is not counted.
 */
export const within =
  (deadline: Duration.DurationInput) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => locally(call, budget, { left: Duration.decode(deadline) }))

const charge = (budget: Budget, nanos: bigint) => {
  budget.left = Duration.subtract(budget.left, Duration.nanos(nanos))
}

/** Runs a statement of the call under way in the time that is left to it; outside of one, as it is. */
export const charged = <A, E, R>(
  run: (left: Duration.Duration | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(budget), (budget) =>
    budget === undefined
      ? run(undefined)
      : Effect.flatMap(stopwatch, (elapsed) =>
          Effect.ensuring(
            run(budget.left),
            Effect.map(elapsed, (nanos) => charge(budget, nanos))
          )
        )
  )
