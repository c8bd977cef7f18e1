import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Duration, Effect, Exit, Layer, Queue } from "effect"
import type { Letter } from "./Letter.ts"
import { makePostman } from "./Postman.ts"

const PROOF_LIFETIME = Duration.hours(24)

/** How long the links in letters are good, and how many letters are delivered at once. */
export interface OutboxOptions {
  /** How long links that prove an address are good. Default 24 hours. */
  readonly proofLifetime?: Duration.DurationInput
  /** How long links that set a new password are good. Default one hour. */
  readonly resetLifetime?: Duration.DurationInput
  /** How many letters are delivered at the same time. Default 4. */
  readonly concurrency?: number
}

/**
 * Sees to it that letters are sent, at least once each, if and only if what they tell of was
 * committed. Owns the tables `outbox` and, with `OneTimeTokens`, `one_time_tokens`: tokens that are over
 * stay there until `Pruning` deletes them.
 *
 * Whoever writes a letter adds a part to the statement that causes it, and wakes the outbox when that
 * is committed. Nothing is polled: without letters an idle service leaves the database asleep.
 */
export class Outbox extends Context.Tag("holdfast/auth/Outbox")<
  Outbox,
  {
    /** Whether letters are written at all. */
    readonly isWriting: boolean
    /** How long links that prove an address are good, from when their letter is delivered. */
    readonly proofLifetime: Duration.Duration
    /**
     * Has the outbox looked into once the answer that caused a letter is under way: after 50 ms.
     * Call it once what wrote the letter is committed.
     */
    readonly wake: Effect.Effect<void>
    /**
     * Has the outbox looked into in a second, for who writes in a transaction and can't tell when it is
     * committed.
     */
    readonly wakeSoon: Effect.Effect<void>
  }
>() {
  /**
   * Delivers letters by this function, in the background. One that fails is tried again after
   * 30 s, doubled every time up to an hour, and given up after a day. A delivery that takes longer
   * than 30 s has failed.
   */
  static layer<E, R>(
    deliver: (letter: Letter) => Effect.Effect<void, E, R>,
    options: OutboxOptions = {}
  ): Layer.Layer<Outbox, never, SqlClient | R> {
    return Layer.scoped(Outbox, make(deliver, options))
  }

  /** Writes and sends no letters. */
  static readonly off: Layer.Layer<Outbox> = Layer.succeed(Outbox, {
    isWriting: false,
    proofLifetime: PROOF_LIFETIME,
    wake: Effect.void,
    wakeSoon: Effect.void
  })
}

/**
 * At once, a letter would be under way while the answer is written, and slow it down: an answer would
 * tell by its time whether there is one.
 */
const UNTIL_ANSWERED = Duration.millis(50)

/**
 * Has the letters of a statement looked for when it has ended. Also when it has failed or was
 * interrupted: it may have been committed all the same.
 */
export const posted = <A, E, R>(
  { wake, wakeSoon }: typeof Outbox.Service,
  statement: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.onExit(statement, (exit) => (Exit.isSuccess(exit) ? wake : wakeSoon))

const make = <E, R>(
  deliver: (letter: Letter) => Effect.Effect<void, E, R>,
  { concurrency = 4, proofLifetime = PROOF_LIFETIME, resetLifetime = "1 hour" }: OutboxOptions
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const lifetime = Duration.decode(proofLifetime)
    // At start, too: another instance may have left letters behind.
    const wakeUps = yield* Queue.sliding<void>(1)
    yield* makePostman({
      sql,
      deliver: yield* Effect.map(
        Effect.context<R>(),
        (context) => (letter: Letter) => Effect.provide(deliver(letter), context)
      ),
      wakeUps,
      concurrency,
      lifetimes: { proof: lifetime, reset: Duration.decode(resetLifetime) }
    })

    const scope = yield* Effect.scope
    const wakeAfter = (time: Duration.DurationInput) =>
      Effect.asVoid(Effect.forkIn(Effect.delay(Queue.offer(wakeUps, undefined), time), scope))
    return {
      isWriting: true,
      proofLifetime: lifetime,
      wake: wakeAfter(UNTIL_ANSWERED),
      wakeSoon: wakeAfter("1 second")
    }
  })
