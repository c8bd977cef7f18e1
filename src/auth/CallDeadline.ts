import { Clock, Duration, Effect, FiberRef, GlobalValue } from "effect"

/** When the call in which the fiber stands must be over, in milliseconds of the clock. */
const endOfCall: FiberRef.FiberRef<number | undefined> = GlobalValue.globalValue(
  "holdfast/auth/CallDeadline",
  () => FiberRef.unsafeMake<number | undefined>(undefined)
)

/** Gives the statements of a call one deadline together, and those that it has others run for it. */
export const within =
  (deadline: Duration.DurationInput) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.locally(call, endOfCall, now + Duration.toMillis(deadline))
    )

/** What is left to the call under way, if there is one: nothing after its end. */
export const timeLeft: Effect.Effect<Duration.Duration | undefined> = Effect.zipWith(
  FiberRef.get(endOfCall),
  Clock.currentTimeMillis,
  (end, now) => (end === undefined ? undefined : Duration.millis(end - now))
)
