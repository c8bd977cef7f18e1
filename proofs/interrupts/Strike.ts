import type { SqlError } from "@effect/sql/SqlError"
import { Deferred, Duration, Effect, Fiber } from "effect"
import type { Interruption } from "./Interruption.ts"
import { type Ending, endingOf } from "./Mark.ts"
import type { Witness } from "./Witness.ts"

/** One interrupt, as it went. */
export interface Strike {
  readonly interruption: Interruption
  /** When it was made, by `performance.now`, and how many milliseconds later it had returned. */
  readonly at: number
  readonly took: number
  /** Anything but "Interrupted": it came too late, or the work was over before. */
  readonly ending: Ending
  /** Of the session that its work had used, if it had come to use one. */
  readonly isKept: boolean | undefined
}

/** What a piece of work tells while it runs, and how it is interrupted. */
export interface Trial {
  readonly interruption: Interruption
  /** By this its statements are known, and the rows it writes. */
  readonly id: string
  /** From here on the moment of the interrupt is counted. */
  readonly underWay: Effect.Effect<void>
  /** Waits until its first statement is sent. */
  readonly sent: Effect.Effect<void>
  /** The body of the transaction begins (anew), or has come to its end. */
  readonly began: Effect.Effect<void>
  readonly ended: Effect.Effect<void>
  /** Runs a part of the work, interrupts it at the planned moment, and gives its exit. */
  readonly interrupt: (victim: Effect.Effect<unknown, SqlError>) => Effect.Effect<Ending>
}

/** What is known of a trial once it is over. */
export interface Account {
  readonly id: string
  readonly interruption: Interruption
  /** Of all the work, which fails where it was cut short before its interrupt. */
  readonly ending: Ending
  readonly strike: Strike | undefined
  /** Its body had ended, so it may have been committed. */
  readonly mayCommit: boolean
}

/** How long a trial waits to be under way, before it is interrupted where it is. */
const patience = (interruption: Interruption): Duration.Duration =>
  interruption.network === "blackhole" ? Duration.millis(100) : Duration.seconds(1)

const turn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

const moment = ({ millis, turns }: Interruption): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.repeatN(turn, turns - 1).pipe(Effect.when(() => turns > 0)),
    millis > 0 ? Effect.sleep(Duration.millis(millis)) : Effect.void
  )

const struck = (
  interruption: Interruption,
  latch: Deferred.Deferred<void>,
  victim: Effect.Effect<unknown, SqlError>
) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.interruptible(victim))
    yield* Effect.raceFirst(Deferred.await(latch), Fiber.await(fiber)).pipe(
      Effect.timeoutOption(patience(interruption))
    )
    yield* moment(interruption)
    const at = performance.now()
    const exit = yield* Fiber.interrupt(fiber)
    return { at, took: performance.now() - at, ending: endingOf(exit) }
  })

/** Runs work that is interrupted, and tells how that went. */
export const trial = (options: {
  readonly id: string
  readonly interruption: Interruption
  readonly witness: Witness
  readonly work: (trial: Trial) => Effect.Effect<unknown, SqlError>
}): Effect.Effect<Account> =>
  Effect.gen(function* () {
    const { id, interruption, witness, work } = options
    const latch = yield* Deferred.make<void>()
    const sent = yield* Deferred.make<void>()
    const account: { mayCommit: boolean; strike: Strike | undefined } = {
      mayCommit: false,
      strike: undefined
    }
    const comesToItsEnd = (mayCommit: boolean) =>
      Effect.sync(() => {
        account.mayCommit = mayCommit
      })
    const running = work({
      interruption,
      id,
      underWay: Effect.asVoid(Deferred.succeed(latch, undefined)),
      sent: Deferred.await(sent),
      began: comesToItsEnd(false),
      ended: comesToItsEnd(true),
      interrupt: (victim) =>
        Effect.map(struck(interruption, latch, victim), (how) => {
          account.strike = { interruption, ...how, isKept: witness.isKept(id) }
          return how.ending
        })
    })
    witness.whenSent(id, () => Deferred.unsafeDone(sent, Effect.void))
    const ending = endingOf(yield* Effect.exit(running))
    witness.forget(id)
    return { id, interruption, ending, ...account }
  })
