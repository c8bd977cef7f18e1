import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Context, Duration, Effect, Layer, Option, Stream } from "effect"
import type { DatabaseUnavailable } from "./AuthError.ts"
import { makeUntilAnswered } from "./IdempotentStatement.ts"
import { SessionExpiry } from "./SessionExpiry.ts"

/** How many rows were deleted, of each kind. */
export interface Pruned {
  /** Sessions that had ended by themselves. */
  readonly sessions: number
  /** Tokens of letters that had expired, used or not, and sign-ups that had waited for theirs. */
  readonly tokens: number
  /** Counts of attempts that limited nothing any more. */
  readonly throttles: number
}

/** How much one statement of {@link Pruning} deletes, and its deadline. */
export interface PruningOptions {
  /** The most rows that one statement looks at or deletes. Default 500. */
  readonly batch?: number
  /** Longest time for one statement with all its repetitions. Default 10 s. */
  readonly deadline?: Duration.DurationInput
}

/**
 * Deletes what has counted for nothing for a day: sessions and tokens that have expired, and counts
 * of attempts that limit nothing any more. It keeps users, events and letters.
 *
 * Each statement is a small transaction of its own, so it can be stopped at any moment and goes on
 * the next time. It waits for nobody: a row that is locked is left for the next time, so any number
 * of instances may prune at once.
 */
export class Pruning extends Context.Tag("holdfast/auth/Pruning")<
  Pruning,
  {
    /** Deletes all of it. What a statement deleted whose answer was lost is not counted. */
    readonly prune: Effect.Effect<Pruned, DatabaseUnavailable>
    /** Deletes it statement by statement: each runs when it is pulled, and tells what it deleted. */
    readonly batches: Stream.Stream<Pruned, DatabaseUnavailable>
  }
>() {
  /** Prunes the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: PruningOptions = {}): Layer.Layer<Pruning, never, SqlClient> {
    return Layer.effect(Pruning, make(options))
  }
}

/** Nothing was deleted. */
export const nothing: Pruned = { sessions: 0, tokens: 0, throttles: 0 }

/** What two of them deleted together. */
export const plus = (one: Pruned, other: Pruned): Pruned => ({
  sessions: one.sessions + other.sessions,
  tokens: one.tokens + other.tokens,
  throttles: one.throttles + other.throttles
})

/**
 * How long rows outlive their meaning. A database's clock may jump, and instances that are being
 * replaced may have other settings: neither should delete what counts again a moment later.
 */
const GRACE = Duration.days(1)

const ago = (sql: SqlClient, age: Duration.Duration): Fragment =>
  sql`now() - make_interval(secs => ${Duration.toSeconds(age)})`

interface Row {
  readonly deleted: number
}

/** Deletes the first `batch` rows before a moment, by the index on the column that says when. */
const deleteOldest = (
  sql: SqlClient,
  { age, batch, column, key, table }: Oldest & { readonly batch: number }
): Effect.Effect<number, SqlError> =>
  Effect.map(
    sql<Row>`
      with old as materialized (
        select ${sql(key)} from ${sql(table)} where ${sql(column)} < ${ago(sql, age)}
        order by ${sql(column)} limit ${batch} for update skip locked
      ),
      gone as (delete from ${sql(table)} t using old where t.${sql(key)} = old.${sql(key)} returning 1)
      select count(*)::int as deleted from gone`.withoutTransform,
    ([row]) => row?.deleted ?? 0
  )

/** Rows of a table that are over when a column of theirs says that they are so old. */
interface Oldest {
  readonly table: string
  readonly key: string
  readonly column: string
  readonly age: Duration.Duration
}

interface Page extends Row {
  readonly last: Uint8Array | null
}

/**
 * Deletes what is old of the next `batch` throttles by key. `free_at` has no index: it changes with
 * every attempt, and would cost more there than here. The old are told from the row as it is once
 * locked, so none that has just been tried again goes.
 */
const deleteThrottles = (
  sql: SqlClient,
  batch: number,
  after: Uint8Array
): Effect.Effect<Page, SqlError> =>
  Effect.map(
    sql<Page>`
      with page as materialized (
        select key from throttles where key > ${after}::bytea order by key limit ${batch}
      ),
      old as materialized (
        select t.key from page join throttles t using (key) where t.free_at < ${ago(sql, GRACE)}
        for update of t skip locked
      ),
      gone as (delete from throttles t using old where t.key = old.key returning 1)
      select (select count(*)::int from gone) as deleted,
             (select key from page order by key desc limit 1) as last`.withoutTransform,
    ([page]) => page ?? { deleted: 0, last: null }
  )

const make = ({ batch = 500, deadline = Duration.seconds(10) }: PruningOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const { idle } = yield* SessionExpiry
    const answered = (yield* makeUntilAnswered)(deadline)

    const oldest = (kind: keyof Pruned, rows: Oldest) =>
      Stream.paginateEffect(undefined, () =>
        Effect.map(
          answered(deleteOldest(sql, { ...rows, batch })),
          (deleted) =>
            [
              { ...nothing, [kind]: deleted },
              deleted < batch ? Option.none() : Option.some(undefined)
            ] as const
        )
      )

    const beforeAll: Uint8Array = new Uint8Array()
    const throttles = Stream.paginateEffect(beforeAll, (after) =>
      Effect.map(
        answered(deleteThrottles(sql, batch, after)),
        ({ deleted, last }) =>
          [{ ...nothing, throttles: deleted }, Option.fromNullable(last)] as const
      )
    )

    const sessions = { table: "sessions", key: "id" }
    const tokens = { table: "one_time_tokens", key: "token_digest" }
    const requests = { table: "sign_up_requests", key: "key_digest" }
    const unused = Duration.sum(idle, GRACE)
    const batches = oldest("sessions", { ...sessions, column: "expires", age: GRACE }).pipe(
      Stream.concat(oldest("sessions", { ...sessions, column: "last_seen", age: unused })),
      Stream.concat(oldest("tokens", { ...tokens, column: "expires", age: GRACE })),
      Stream.concat(oldest("tokens", { ...requests, column: "expires", age: GRACE })),
      Stream.concat(throttles)
    )
    const prune = Stream.runFold(batches, nothing, plus).pipe(Effect.withSpan("Pruning.prune"))
    return Pruning.of({ prune, batches })
  })
