import { Duration, Effect, Option, type Scope } from "effect"
import { backoff } from "../../runtime/backoff.ts"
import { makeFork } from "../../runtime/Fork.ts"
import { type Instant, instant } from "../../runtime/Instant.ts"
import type { Auxiliary, unanswered } from "../Auxiliary.ts"
import type { PgError } from "../failure/PgError.ts"
import { isSameIncarnation } from "../session/Incarnation.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { factsStatement, serverFacts } from "../session/ServerFacts.ts"
import { outside } from "../session/Wire.ts"
import { type Doubt, type Fate, fateOf, type TransactionStatus } from "./CommitFate.ts"

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

/** A session that is still "idle in transaction" this long after its COMMIT was sent did not get it. */
const orphanAfter = Duration.seconds(1)

const rowOf = (connection: PgConnection, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.map(
    connection.query({ text, values, rowMode: "array", isUnprepared: true }, outside),
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
const again = backoff("20 millis", "500 millis")

const waiting = "Waiting" as const

const isWorthAsking = (error: PgError | typeof waiting | typeof unanswered): boolean =>
  typeof error === "string" || error.isRetryable

/** A resolver that asks for so long; what it does in the background ends with the scope. */
export const make = (
  { ask: onAuxiliary }: Auxiliary,
  deadline: Duration.Duration
): Effect.Effect<CommitResolver, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = yield* makeFork
    const asked = (doubt: Doubt, isOrphan: boolean) =>
      onAuxiliary((connection) =>
        Effect.tap(ask(connection, doubt), (fate) =>
          fate === waiting && isOrphan ? end(connection, doubt, "idle") : Effect.void
        )
      )
    const untilKnown = (doubt: Doubt, since: Instant) =>
      Effect.gen(function* () {
        const elapsed = (yield* instant) - since
        const fate = yield* asked(doubt, elapsed >= Duration.toMillis(orphanAfter))
        return fate === waiting ? yield* Effect.fail(fate) : fate
      }).pipe(
        Effect.retry({ schedule: again, while: isWorthAsking }),
        Effect.orElseSucceed(() => "Unknown" as const)
      )
    const withinDeadline = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.timeoutOption(Effect.interruptible(effect), deadline)
    return {
      resolve: (doubt) =>
        Effect.flatMap(instant, (since) =>
          Effect.map(
            withinDeadline(untilKnown(doubt, since)),
            Option.getOrElse(() => "Unknown" as const)
          )
        ),
      free: (doubt) =>
        Effect.sync(() => {
          const ended = onAuxiliary((connection) => end(connection, doubt, "any"))
          const retried = Effect.retry(ended, { schedule: again, while: isWorthAsking })
          fork(Effect.ignore(withinDeadline(retried)))
        })
    }
  })
