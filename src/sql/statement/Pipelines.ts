import { type Clock, Duration, Effect, type Scope } from "effect"
import type { Kept } from "../../pool/Errand.ts"
import type { LendingPool } from "../../pool/Pool.ts"
import type { AcquireError } from "../../pool/PoolError.ts"
import { type Fork, makeFork } from "../../runtime/Fork.ts"
import { undertaking } from "../../runtime/Undertaking.ts"
import type { PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { KnownText } from "../session/KnownTexts.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { alone, type Run, sendAlone, type Then } from "./alone.ts"
import { type Passage, Pipeline, type ReadStatement } from "./Pipeline.ts"

/** How often it is looked whether somebody is held up, while somebody could be. */
const lookTime = Duration.millis(50)

/**
 * Lets short questions of many fibers share sessions. One that comes while others are under way is sent
 * behind them, in the same packet if they come together, rather than on a session of its own: for the
 * client and the server that is a fraction of the work.
 */
export class Pipelines {
  private open: ReadonlyArray<Pipeline> = []
  private isLooking = false
  private readonly pool: LendingPool<PgConnection>
  private readonly clock: Clock.Clock
  private readonly fork: Fork

  private constructor(pool: LendingPool<PgConnection>, clock: Clock.Clock, fork: Fork) {
    this.pool = pool
    this.clock = clock
    this.fork = fork
  }

  /** None as yet; the scope ends what looks after them. */
  static readonly make = (
    pool: LendingPool<PgConnection>,
    clock: Clock.Clock
  ): Effect.Effect<Pipelines, never, Scope.Scope> =>
    Effect.map(makeFork, (fork) => new Pipelines(pool, clock, fork))

  /** Runs one statement that only asks. */
  run(statement: ReadStatement, then: Then): Run {
    return Effect.suspend(() => {
      if (this.openTo(statement.text) === undefined) return this.begin(statement, then)
      return undertaking((resume) => {
        // Looked for again, in one go with sending: a fiber may have given way in between, and the pipeline
        // be in other hands.
        const pipeline = this.openTo(statement.text)
        if (pipeline !== undefined) {
          return pipeline.send(statement, (passage) => resume(this.after(passage, statement, then)))
        }
        resume(this.begin(statement, then))
        return Effect.void
      })
    })
  }

  /** For who has just come: nobody who waits in the pool's queue is overtaken. */
  private openTo(text: KnownText): Pipeline | undefined {
    const pipeline = this.withRoomFor(text)
    return pipeline?.isWanted ? undefined : pipeline
  }

  private withRoomFor(text: KnownText): Pipeline | undefined {
    const pipeline = this.open.find((pipeline) => pipeline.hasRoomFor(text))
    if (pipeline !== undefined) this.look()
    return pipeline
  }

  private look(): void {
    if (this.isLooking) return
    this.isLooking = true
    this.fork(this.looking)
  }

  private readonly looking: Effect.Effect<void> = Effect.suspend(() =>
    Effect.sleep(lookTime).pipe(
      Effect.zipRight(
        Effect.suspend(() =>
          Effect.forEach(this.open, ({ unblock }) => unblock, {
            concurrency: "unbounded",
            discard: true
          })
        )
      ),
      Effect.zipRight(
        Effect.suspend(() => {
          this.isLooking = this.open.length > 0
          return this.isLooking ? this.looking : Effect.void
        })
      )
    )
  )

  /** On a session of its own, behind which others may come; or behind others, if there are by then. */
  private begin(statement: ReadStatement, then: Then): Run {
    return this.pool.run<Answer, PgError | AcquireError>((connection, done, keep) => {
      if (!connection.canBeShared) {
        return sendAlone(connection, statement, (exit) => done(then(exit)))
      }
      const kept = keep()
      const pipeline = this.withRoomFor(statement.text) ?? this.opened(connection, kept)
      const cancel = pipeline.send(statement, (passage) =>
        done(this.after(passage, statement, then))
      )
      if (!pipeline.isOn(connection)) kept.giveBack()
      return cancel
    })
  }

  private opened(connection: PgConnection, kept: Kept): Pipeline {
    const giveBack = () => {
      this.open = this.open.filter((other) => other !== pipeline)
      kept.giveBack()
    }
    const pipeline = new Pipeline(connection, this.clock, { ...kept, giveBack })
    this.open = [...this.open, pipeline]
    return pipeline
  }

  /** Where a statement beside it is cancelled it has done nothing: once more, where that can't be. */
  private after({ exit, wasHit }: Passage, statement: ReadStatement, then: Then): Run {
    return wasHit ? alone(this.pool, statement, then) : then(exit)
  }
}
