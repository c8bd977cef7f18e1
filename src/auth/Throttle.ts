import { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Context, Duration, Effect, Layer } from "effect"
import { admit as admitStatement, counted, keyIn, rateRule, retract } from "./AdmitStatement.ts"
import { makeAnswered } from "./Answered.ts"
import { type DatabaseUnavailable, Throttled } from "./AuthError.ts"
import { newId } from "./SecureRandom.ts"
import { type Attempt, defaultLimits, type ThrottleLimits } from "./ThrottleLimits.ts"

/** What of {@link Throttle} can be set: limits, each with its default, and the time it may take. */
export interface ThrottleOptions extends Partial<ThrottleLimits> {
  /**
   * Longest time for its statement with all its repetitions, where it is not a call of `Accounts`
   * that has it run: then it is what is left of that call's. Default 10 s.
   */
  readonly deadline?: Duration.DurationInput
}

/** See `spared` of {@link Throttle}. */
export interface Spared {
  readonly parts: ReadonlyArray<Fragment>
  readonly rows: Fragment
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
    /** Counts an attempt against each of its limits, or refuses it: then it does not count. */
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
    /**
     * The part of a statement that forgets the attempts at the accounts of the users `u` in it, who
     * have proven who they are.
     */
    readonly forgotten: ReadonlyArray<Fragment>
    /**
     * The rows of a letter (see `Outbox.letter`) to the user `u` of a statement, without those that
     * are one letter too many to their mailbox, and parts of the statement that these rows need.
     * Counts them by `id`. Only while the address is not proven: who has proven it learns everything
     * that happens to their account.
     */
    readonly spared: (id: string, rows: Fragment) => Spared
  }
>() {
  /** Limits in the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: ThrottleOptions = {}): Layer.Layer<Throttle, never, SqlClient> {
    return Layer.effect(Throttle, make(options))
  }

  /** Lets everything pass, without a statement: for benchmarks and tests. */
  static readonly off: Layer.Layer<Throttle> = Layer.succeed(Throttle, {
    admit: () => Effect.void,
    trying: <A, E, R>(_: ReadonlyArray<Attempt>, work: Effect.Effect<A, E, R>) => work,
    forgotten: [],
    spared: (_, rows) => ({ parts: [], rows })
  })
}

/** How long an answer that is an error anyway waits for its attempt to be taken back. */
const RETRACTION = Duration.seconds(1)

const make = ({ deadline = Duration.seconds(10), ...options }: ThrottleOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const answered = yield* makeAnswered(deadline)
    const limits = { ...defaultLimits, ...options }

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

    const forgotten = [
      sql`forgotten as (
        delete from throttles using u
        where key in (${keyIn(sql, "account", sql`u.email`)}, ${keyIn(sql, "account", sql`u.id`)}))`
    ]
    const spared = (id: string, rows: Fragment) => sparedRows(sql, limits, id, rows)
    return { admit, trying, forgotten, spared }
  })

const sparedRows = (
  sql: SqlClient,
  { mailTo }: ThrottleLimits,
  id: string,
  rows: Fragment
): Spared => {
  const count = counted(sql, {
    key: keyIn(sql, "mailTo", sql`notice.recipient`),
    rows: sql`from notice, u where u.email_verified is null`,
    rule: rateRule(sql, mailTo),
    id
  })
  return {
    parts: [
      sql`notice (purpose, recipient, user_id, password_hash, password_version) as (${rows})`,
      sql`noticed as (${count})`
    ],
    rows: sql`
      select notice.* from notice, u
      where u.email_verified is not null or (select is_admitted from noticed)`
  }
}
