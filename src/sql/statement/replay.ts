import { TransactionConnection } from "@effect/sql/SqlClient"
import { Clock, Context, Duration, Effect, Option, Schedule } from "effect"
import { dual } from "effect/Function"
import { backoff } from "../../runtime/backoff.ts"
import { instantOf } from "../../runtime/Instant.ts"
import { inTime } from "../../runtime/inTime.ts"
import { locally } from "../../runtime/locally.ts"
import { isUndone, PgError } from "../failure/PgError.ts"
import { current, type ReplayedRun } from "./ReplayedRun.ts"

/** How an effect is run again after a failure of the database. */
export interface ReplayOptions {
  /**
   * Running the effect twice does no more than running it once. Then it is also run again when its
   * outcome is `Unknown`. Default false.
   */
  readonly idempotent?: boolean
  /** Longest time for all runs together; the one under way is interrupted. Default 10 s. */
  readonly deadline?: Duration.DurationInput
  /** When it is run again. Default: at once, then after 100 ms, doubled up to 500 ms, jittered. */
  readonly schedule?: Schedule.Schedule<unknown>
}

const promptly = Schedule.andThen(Schedule.recurs(1), backoff("100 millis", "500 millis"))

/** What the pool has said of when to come back, for an error that stands for this one. */
const retryAfterOf = (last: PgError | undefined) =>
  Option.match(last?.retryAfter ?? Option.none(), {
    onNone: () => undefined,
    onSome: (retryAfter) => ({ retryAfter })
  })

const deadlinePassed = (deadline: Duration.Duration, { isInDoubt, last }: Judged) =>
  new PgError({
    message: `Gave up after ${Duration.format(deadline)}: ${last?.message ?? "no answer from the database"}`,
    cause: last?.cause,
    reason: last?.reason ?? { _tag: "ConnectionError" },
    outcome: isInDoubt || last === undefined ? "Unknown" : last.outcome,
    phase: last?.phase ?? "statement",
    sqlState: last?.sqlState,
    isRetryable: true,
    endsSession: false,
    ...retryAfterOf(last)
  })

/** A run that left no trace, behind one of which nobody knows that. */
const inDoubt = (last: PgError) =>
  new PgError({
    message: `${last.message} (an earlier run may have taken effect; outcome: Unknown)`,
    cause: last.cause,
    reason: last.reason,
    outcome: "Unknown",
    phase: last.phase,
    sqlState: last.sqlState,
    isRetryable: last.isRetryable,
    endsSession: last.endsSession,
    ...retryAfterOf(last)
  })

/** What an effect that is replayed has met so far. */
interface Judged {
  last: PgError | undefined
  /** A run is under way, or one has done something, or may have. */
  isInDoubt: boolean
  /** A run has ended of which nobody knows what became of it. */
  wasUnknown: boolean
}

/** A second is said where nothing is known; more, as with a quota, where nothing is tried before. */
const isTooEarly = ({ retryAfter }: PgError, left: Duration.Duration): boolean =>
  Option.exists(retryAfter, Duration.greaterThan(Duration.max(left, Duration.seconds(1))))

/** Whether an effect that is replayed may be run again, in the time that is left. */
const judge = (replayed: ReplayedRun, idempotent: boolean, left: () => Duration.Duration) => {
  const judged: Judged = { last: undefined, isInDoubt: true, wasUnknown: false }
  const mayReplay = (error: unknown): boolean =>
    Option.match(PgError.of(error), {
      onNone: () => false,
      onSome: (failure) => {
        judged.last = failure
        judged.wasUnknown ||= failure.outcome === "Unknown"
        const mayHaveCommitted = replayed.commitments > 0
        judged.isInDoubt = judged.wasUnknown || mayHaveCommitted
        const isSafe = failure.isSafeToReplay && !mayHaveCommitted
        const isWorthIt = isSafe || (idempotent && failure.isRetryable)
        const isReplayed = isWorthIt && !isTooEarly(failure, left())
        if (isReplayed) replayed.after = failure.message
        return isReplayed
      }
    })
  const anew = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      judged.isInDoubt = true
      return self
    })
  return { anew, judged, mayReplay }
}

/** The first run has failed like this, and is run again as the schedule has it. */
const again = <A, E, R>(
  first: E,
  self: Effect.Effect<A, E, R>,
  schedule: Schedule.Schedule<unknown>,
  mayReplay: (error: E) => boolean
): Effect.Effect<A, E, R> => {
  let isFirst = true
  const next = Effect.suspend(() => {
    if (!isFirst) return self
    isFirst = false
    return Effect.fail(first)
  })
  return Effect.retry(next, { schedule, while: mayReplay })
}

const unlessInTransaction = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  replayed: () => Effect.Effect<A, E | PgError, R>
): Effect.Effect<A, E | PgError, R> =>
  Effect.flatMap(Effect.serviceOption(TransactionConnection), (transaction) =>
    Option.isSome(transaction) ? self : replayed()
  )

const replaying = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  { deadline = Duration.seconds(10), idempotent = false, schedule = promptly }: ReplayOptions,
  isBounded: boolean
): Effect.Effect<A, E | PgError, R> => {
  const limit = Duration.decode(deadline)
  return unlessInTransaction(self, () =>
    Effect.withFiberRuntime((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const until = instantOf(clock) + Duration.toMillis(limit)
      const left = () => Duration.millis(Math.max(0, until - instantOf(clock)))
      const outer = fiber.getFiberRef(current)
      const replayed: ReplayedRun = { commitments: 0, after: undefined, outer }
      const { anew, judged, mayReplay } = judge(replayed, idempotent, left)
      const within = (left: Duration.Duration, effect: Effect.Effect<A, E | PgError, R>) =>
        inTime(effect, { duration: left, onTimeout: () => deadlinePassed(limit, judged) })
      // The machinery of a retry costs more than a statement: it is made for a failure.
      const first = (rest: (failure: E) => Effect.Effect<A, E | PgError, R>) =>
        Effect.catchAll(self, (failure) =>
          mayReplay(failure) ? rest(failure) : Effect.fail(failure)
        )
      const repeated = (failure: E) =>
        Effect.mapError(again(failure, anew(self), schedule, mayReplay), (last) =>
          judged.wasUnknown && last instanceof PgError && isUndone(last) ? inDoubt(last) : last
        )
      const bounded = first((failure) => {
        const rest = left()
        // Too late to be sent: it would be interrupted at once, and could take effect all the same.
        return Duration.isZero(rest)
          ? Effect.fail(deadlinePassed(limit, judged))
          : within(rest, repeated(failure))
      })
      return locally(isBounded ? bounded : within(limit, first(repeated)), current, replayed)
    })
  )
}

const run = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  options: ReplayOptions = {}
): Effect.Effect<A, E | PgError, R> => replaying(self, options, false)

/**
 * As {@link replay}, for an effect whose every run ends by itself, in less than the deadline: the first
 * one runs without it, because a fiber for the deadline costs about as much as a statement.
 */
export const replayBounded =
  (options: ReplayOptions = {}) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | PgError, R> =>
    replaying(self, options, true)

/**
 * Runs an effect again while its failure is safe to replay: it was not sent, or it was rolled back,
 * and a further run may succeed. It ends with the first success, the first other failure, one that says
 * (`retryAfter`) that nothing can succeed before the deadline, or at the deadline with a `PgError` that
 * carries the last failure: its outcome, too, unless a run was under way or an earlier one may have taken
 * effect. Where an earlier run was `Unknown`, so is the end.
 *
 * Nothing is replayed once a part of the effect has been committed, as the first of two transactions, or
 * may have been: a write or a COMMIT that was sent counts until it is known to have left no trace, also in
 * a stream or on a reserved connection, and where its failure was caught or it was interrupted. A function
 * that writes, called by a SELECT outside of a transaction, is not seen to; nor is one that only notifies.
 * An `Unknown` outcome is replayed only when the caller says that the effect is idempotent. Inside a
 * transaction nothing is replayed: a failure ends all of it, so replay the transaction.
 */
export const replay: {
  (
    options?: ReplayOptions
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | PgError, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, options?: ReplayOptions): Effect.Effect<A, E | PgError, R>
} = dual((args) => Effect.isEffect(args[0]), run)
