import { Duration, Effect, FiberRef, GlobalValue, Option } from "effect"
import { dual } from "effect/Function"
import { inTime } from "../../runtime/inTime.ts"
import { locally } from "../../runtime/locally.ts"
import { stopwatch } from "../../runtime/Stopwatch.ts"
import type { AnyFiber } from "../../runtime/Traced.ts"
import { decided, type PgError } from "../failure/PgError.ts"
import { StatementTimeout, statementTimeout } from "../session/statementTimeout.ts"
import type { OpenTransaction } from "../session/Wire.ts"

/** How long each transaction of the current fiber may take, if that is limited. */
export const current: FiberRef.FiberRef<Option.Option<Duration.Duration>> = GlobalValue.globalValue(
  "holdfast/sql/transactionTimeout",
  () => FiberRef.unsafeMake(Option.none<Duration.Duration>())
)

/** The client's own verdict on a transaction, under the code by which the table knows it. */
class TransactionTimeout extends Error {
  readonly code = "ETRANSACTIONTIMEOUT"
  constructor(limit: Duration.Duration) {
    super(`the transaction was not over within ${Duration.format(limit)}`)
  }
}

/** The time of one transaction, for its parts. */
export interface TransactionTime {
  /** COMMIT within what is left of it: not answered by then, it has failed. */
  readonly ofCommit: <A>(commit: Effect.Effect<A, PgError>) => Effect.Effect<A, PgError>
  /** The body, interrupted when the time is up: nothing of it has been committed, but by a script. */
  readonly ofBody: <A, E, R>(
    body: Effect.Effect<A, E, R>,
    transaction: Pick<OpenTransaction, "script">
  ) => Effect.Effect<A, E | PgError, R>
}

const unlimited: TransactionTime = { ofCommit: (commit) => commit, ofBody: (body) => body }

/** A script that is still under way has been dropped with its session. */
const isUp = (limit: Duration.Duration, { script }: Pick<OpenTransaction, "script">) =>
  decided(new TransactionTimeout(limit), {
    phase: "statement",
    outcome: script === undefined ? "RolledBack" : "Unknown"
  })

const from = (elapsed: Effect.Effect<bigint>, limit: Duration.Duration): TransactionTime => {
  // A timeout of nothing would fail before anything is sent, a millisecond ends in time as well.
  const left = Effect.map(elapsed, (nanos) =>
    Duration.max(Duration.subtract(limit, Duration.nanos(nanos)), Duration.millis(1))
  )
  return {
    ofCommit: (commit) =>
      Effect.flatMap(left, (left) => statementTimeout(commit, left)).pipe(
        Effect.mapError((error) =>
          error.cause instanceof StatementTimeout
            ? decided(new TransactionTimeout(limit), error)
            : error
        )
      ),
    ofBody: (body, transaction) =>
      inTime(body, { duration: limit, onTimeout: () => isUp(limit, transaction) })
  }
}

/** Runs a transaction within its time: the fiber's own limit, else the client's. */
export const timed = <A, E, R>(
  fiber: AnyFiber,
  clients: Duration.Duration | undefined,
  run: (time: TransactionTime) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const limit = Option.getOrElse(fiber.getFiberRef(current), () => clients)
  return limit === undefined || !Duration.isFinite(limit)
    ? run(unlimited)
    : Effect.flatMap(stopwatch, (elapsed) => run(from(elapsed, limit)))
}

/**
 * Limits the time of each transaction of an effect from having its connection to the answer of COMMIT;
 * waiting for that one does not count, nor does resolving a COMMIT that was not answered. One that
 * takes longer is rolled back and fails with a `PgError` (`TransactionTimeoutError`, `RolledBack`;
 * `Unknown` where a script was under way, which may have committed a part of it).
 *
 * It goes before the client's own `transactionTimeout`; an infinite duration lifts that.
 */
export const transactionTimeout: {
  (
    duration: Duration.DurationInput
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.DurationInput): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.DurationInput) =>
  locally(self, current, Option.some(Duration.decode(duration)))
)
