import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import { admit as admitStatement, retract } from "./AdmitStatement.ts"
import { makeAnswered } from "./Answered.ts"
import { type DatabaseUnavailable, Throttled } from "./AuthError.ts"
import { type Attempt, defaultLimits, type ThrottleLimits } from "./ThrottleLimits.ts"

/** What may be tried how often, each limit with its default, and the deadline of counting it. */
export interface ThrottleOptions extends Partial<ThrottleLimits> {
  /**
   * Longest time for its statement with all its repetitions, where it is not a call of `Accounts`
   * that has it run: then it is what is left of that call's. Default 10 s.
   */
  readonly deadline?: Duration.DurationInput
}

/**
 * Limits how often something is tried, for all instances together: the counts are in the database.
 * Owns the table `throttles`.
 *
 * While the database is away nothing passes: `DatabaseUnavailable`, not open.
 */
export class Throttle extends Context.Tag("holdfast/auth/Throttle")<
  Throttle,
  {
    /** What it limits by, for statements that count by themselves. None: nothing is counted. */
    readonly limits: Option.Option<ThrottleLimits>
    /**
     * Counts an attempt against each of its limits, or refuses it: then it does not count. What the
     * account refuses still counts against the limit of the address that asks.
     */
    readonly admit: (
      attempts: ReadonlyArray<Attempt>
    ) => Effect.Effect<void, Throttled | DatabaseUnavailable>
    /**
     * Counts attempts at a password as `admit` does, then tries them. What fails was no guess and is
     * taken back: the machine had too much to do, or the database went away.
     */
    readonly trying: <A, E, R>(
      attempts: ReadonlyArray<Attempt>,
      work: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | Throttled | DatabaseUnavailable, R>
  }
>() {
  /** Limits in the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: ThrottleOptions = {}): Layer.Layer<Throttle, never, SqlClient> {
    return Layer.effect(Throttle, make(options))
  }

  /** Lets everything pass, without a statement: for benchmarks and tests. */
  static readonly off: Layer.Layer<Throttle> = Layer.succeed(Throttle, {
    limits: Option.none(),
    admit: () => Effect.void,
    trying: <A, E, R>(_: ReadonlyArray<Attempt>, work: Effect.Effect<A, E, R>) => work
  })
}

/** How long an answer that is an error anyway waits for its attempt to be taken back. */
const RETRACTION = Duration.seconds(1)

const make = ({ deadline = Duration.seconds(10), ...options }: ThrottleOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const answered = yield* makeAnswered(deadline)
    const limits: ThrottleLimits = { ...defaultLimits, ...options }

    const count = Effect.fn("Throttle.admit")(function* (attempts: ReadonlyArray<Attempt>) {
      const id = yield* newId
      const wait =
        attempts.length === 0 ? 0 : yield* answered(admitStatement(sql, limits, attempts, id))
      if (wait > 0) return yield* new Throttled({ retryAfterSeconds: Math.ceil(wait) })
      return id
    })

    const admit = (attempts: ReadonlyArray<Attempt>) => Effect.asVoid(count(attempts))

    const trying = <A, E, R>(
      attempts: ReadonlyArray<Attempt>,
      work: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | Throttled | DatabaseUnavailable, R> =>
      Effect.flatMap(count(attempts), (id) =>
        // The caller learns what went wrong with the work, not with this.
        Effect.tapError(work, () =>
          retract(sql, limits, attempts, id).pipe(Effect.timeout(RETRACTION), Effect.ignore)
        )
      )

    return { limits: Option.some(limits), admit, trying }
  })
