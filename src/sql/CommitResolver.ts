import { Clock, Duration, Effect, FiberSet, Option, RcRef, Schedule, type Scope } from "effect"
import { type AuxiliaryDial, auxiliarySession } from "./auxiliarySession.ts"
import { type Doubt, type Fate, fateOf, type TransactionStatus } from "./CommitFate.ts"
import type { PgConnection } from "./PgConnection.ts"
import type { PgError } from "./PgError.ts"
import { factsStatement, serverFacts } from "./ServerFacts.ts"
import { isSameIncarnation } from "./TransactionId.ts"
import type { Place } from "./Wire.ts"

/** Finds out what became of transactions whose COMMIT was not answered. */
export interface CommitResolver {
  /**
   * Asks until it is known, or the time is up: then `Unknown`. It takes as long as the server is away
   * or the transaction goes on.
   */
  readonly resolve: (doubt: Doubt) => Effect.Effect<Exclude<Fate, "Waiting">>
  /**
   * Sees to it, in the background, that a transaction which will never be committed holds no locks:
   * the server may not learn for hours that nobody is there any more. Returns at once.
   */
  readonly free: (doubt: Doubt) => Effect.Effect<void>
}

/** How the resolver gets a connection of its own, and for how long it asks. */
export interface Resolving extends AuxiliaryDial<PgConnection> {
  /** From the lost answer to `Unknown`. */
  readonly deadline: Duration.Duration
}

/** A second lost COMMIT often follows the first; after that the connection is not kept. */
const idleTimeToLive = Duration.seconds(1)

/** A server that is there answers three short statements at once. */
const answerTimeout = Duration.seconds(2)

/** A session that is still "idle in transaction" this long after its COMMIT was sent did not get it. */
const orphanAfter = Duration.seconds(1)

const place: Place = { phase: "commit", inTransaction: false }

const rowOf = (connection: PgConnection, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.map(
    connection.query({ text, values, rowMode: "array", isUnprepared: true }, place),
    (answer): ReadonlyArray<unknown> => ("rows" in answer ? (answer.rows[0] ?? []) : [])
  )

const statuses: ReadonlyArray<TransactionStatus> = ["committed", "aborted", "in progress"]

/** "transaction ID n is in the future" is an invalid_parameter_value. */
const inTheFuture = "22023"

const statusOf = (connection: PgConnection, xid: string) =>
  rowOf(connection, "SELECT pg_xact_status($1::xid8)", [xid]).pipe(
    Effect.map(([status]) => statuses.find((known) => known === status) ?? "forgotten"),
    Effect.catchIf(
      ({ sqlState }) => sqlState === inTheFuture,
      () => Effect.succeed<TransactionStatus>("future")
    )
  )

/**
 * Asks once. The facts are read before and after the status: behind a pooler the three statements
 * may reach the server before and after a crash.
 */
const ask = (connection: PgConnection, doubt: Doubt): Effect.Effect<Fate, PgError> =>
  Effect.gen(function* () {
    const before = serverFacts(yield* rowOf(connection, factsStatement))
    const status = yield* statusOf(connection, doubt.id.xid)
    const after = serverFacts(yield* rowOf(connection, factsStatement))
    return isSameIncarnation(before.incarnation, after.incarnation)
      ? fateOf(doubt, before, status)
      : "Waiting"
  })

/**
 * Ends a transaction that will get no COMMIT any more: that makes its fate certain and frees its
 * locks. Its session is found by the transaction's id, in the run of the server that gave the id: a
 * pid may be another's by now, or a proxy's invention.
 */
const end = (connection: PgConnection, { id }: Doubt, states: "idle" | "any") =>
  rowOf(
    connection,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE backend_xid = $1::xid8::xid AND ($2 = 'any' OR state LIKE 'idle in transaction%')
       AND extract(epoch from pg_postmaster_start_time())::text = $3
       AND extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text = $4`,
    [id.xid, states, id.incarnation.startedAt, id.incarnation.statisticsSince]
  )

/** A COMMIT that is under way takes milliseconds, a server that is away seconds. */
const again = Schedule.exponential("20 millis").pipe(
  Schedule.union(Schedule.spaced("500 millis")),
  Schedule.jittered
)

/** The one connection, for one question; replaced where it does not answer. */
const withAuxiliary = (resolving: Resolving) =>
  Effect.map(
    RcRef.make({ acquire: auxiliarySession(resolving, () => undefined), idleTimeToLive }),
    (auxiliary) =>
      <A>(question: (connection: PgConnection) => Effect.Effect<A, PgError>) =>
        RcRef.get(auxiliary).pipe(
          // The dial has a deadline of its own: a database that was asleep may need longer.
          Effect.flatMap((connection) =>
            Effect.timeoutFail(question(connection), {
              duration: answerTimeout,
              onTimeout: () => waiting
            })
          ),
          Effect.tapError(() => RcRef.invalidate(auxiliary)),
          Effect.scoped
        )
  )

const waiting = "Waiting" as const

const isWorthAsking = (error: PgError | typeof waiting): boolean =>
  error === waiting || error.isRetryable

/** A resolver with at most one connection, beside those of the pool; the scope closes it. */
export const make = (resolving: Resolving): Effect.Effect<CommitResolver, never, Scope.Scope> =>
  Effect.gen(function* () {
    const onAuxiliary = yield* withAuxiliary(resolving)
    const run = yield* FiberSet.makeRuntime<never>()
    const asked = (doubt: Doubt, isOrphan: boolean) =>
      onAuxiliary((connection) =>
        Effect.tap(ask(connection, doubt), (fate) =>
          fate === waiting && isOrphan ? end(connection, doubt, "idle") : Effect.void
        )
      )
    const untilKnown = (doubt: Doubt, since: number) =>
      Effect.gen(function* () {
        const elapsed = (yield* Clock.currentTimeMillis) - since
        const fate = yield* asked(doubt, elapsed >= Duration.toMillis(orphanAfter))
        return fate === waiting ? yield* Effect.fail(fate) : fate
      }).pipe(
        Effect.retry({ schedule: again, while: isWorthAsking }),
        Effect.orElseSucceed(() => "Unknown" as const)
      )
    const inTime = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.timeoutOption(Effect.interruptible(effect), resolving.deadline)
    return {
      resolve: (doubt) =>
        Effect.flatMap(Clock.currentTimeMillis, (since) =>
          Effect.map(
            inTime(untilKnown(doubt, since)),
            Option.getOrElse(() => "Unknown" as const)
          )
        ),
      free: (doubt) =>
        Effect.sync(() => {
          const ended = onAuxiliary((connection) => end(connection, doubt, "any"))
          const retried = Effect.retry(ended, { schedule: again, while: isWorthAsking })
          run(Effect.ignore(inTime(retried)))
        })
    }
  })
