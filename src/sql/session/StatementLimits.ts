import { type Clock, type Duration, Effect, Exit, type Scope } from "effect"
import { Deadlines } from "../../runtime/Deadlines.ts"
import { fromCause, type PgError, type Progress } from "../failure/PgError.ts"
import type { Answer } from "./Answer.ts"
import { StatementTimeout } from "./statementTimeout.ts"

/** A statement that may take so long, or any time, and what gives it up. */
export interface Limited {
  readonly time: Duration.Duration | undefined
  readonly progress: () => Progress
  readonly giveUp: Effect.Effect<void>
}

const nothing = (): void => undefined

type Done = (exit: Exit.Exit<Answer, PgError>) => void

/** The time limits of all statements of a client. */
export class StatementLimits {
  private readonly deadlines: Deadlines

  private constructor(deadlines: Deadlines) {
    this.deadlines = deadlines
  }

  /** None as yet; the scope ends their timer. */
  static readonly make = (clock: Clock.Clock): Effect.Effect<StatementLimits, never, Scope.Scope> =>
    Effect.map(Deadlines.make(clock), (deadlines) => new StatementLimits(deadlines))

  /**
   * Limits a statement that is about to be sent: `done` is called with what comes of it in time, or else
   * that it took too long, once it has been given up. Returns what its answer is told, and what ends the
   * limit without one.
   */
  limit(
    { giveUp, progress, time }: Limited,
    done: Done
  ): { readonly inTime: Done; readonly stop: () => void } {
    if (time === undefined) return { inTime: done, stop: nothing }
    let isLate = false
    const late = Effect.suspend(() => {
      isLate = true
      const verdict = fromCause(new StatementTimeout(time), progress())
      return Effect.ensuring(
        giveUp,
        Effect.sync(() => done(Exit.fail(verdict)))
      )
    })
    const stop = this.deadlines.start(time, late)
    const inTime: Done = (exit) => {
      if (isLate) return
      stop()
      done(exit)
    }
    return { inTime, stop }
  }
}
