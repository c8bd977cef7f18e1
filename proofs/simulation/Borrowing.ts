import { Effect } from "effect"
import type { LendingPool } from "../../src/pool/Pool.ts"
import type { AcquireError } from "../../src/pool/PoolError.ts"
import { ownFailure } from "./Answering.ts"
import { checker, type Simulated } from "./Database.ts"
import type { Observer } from "./Observer.ts"
import type { Act, Ending } from "./Program.ts"
import type { Timeline } from "./Timeline.ts"
import { undertaking } from "./undertaking.ts"
import type { Caller, Session } from "./World.ts"

type Borrow = Extract<Act, { readonly _tag: "Borrow" }>

type Work = Effect.Effect<void, string>

const outcomes: Readonly<Record<Ending, Work>> = {
  succeeds: Effect.void,
  spoils: Effect.void,
  fails: Effect.fail(ownFailure),
  dies: Effect.die(ownFailure)
}

/** Callers who borrow from a pool, and tell the observer of it. */
export class Borrowing {
  private readonly pool: LendingPool<Simulated>
  private readonly observer: Observer
  private readonly timeline: Timeline

  constructor(pool: LendingPool<Simulated>, observer: Observer, timeline: Timeline) {
    this.pool = pool
    this.observer = observer
    this.timeline = timeline
  }

  /** One caller, from asking to giving back. */
  begin(caller: Caller, { ending, hold, way }: Borrow): Effect.Effect<void, AcquireError | string> {
    const { pool } = this
    const work = ({ session }: Simulated) => this.work(caller, session, hold, ending)
    switch (way) {
      case "use":
        return pool.use((connection) => {
          this.observer.lent(caller, connection.session)
          return work(connection)
        })
      case "acquire":
        return Effect.scoped(
          Effect.flatMap(pool.acquire, (connection) =>
            Effect.suspend(() => {
              this.observer.lent(caller, connection.session)
              return work(connection)
            })
          )
        )
      case "run":
        return pool.run<void, string>(({ session }, done) => {
          this.observer.lent(caller, session)
          const cancel = this.hold(caller, hold, () => {
            this.giveBack(caller, session, ending)
            done(outcomes[ending])
          })
          return Effect.sync(() => {
            cancel()
            this.giveBack(caller, session, ending)
          })
        })
      case "check":
        return Effect.locally(pool.check, checker, caller)
    }
  }

  private work(caller: Caller, session: Session, hold: number, ending: Ending): Work {
    return undertaking<void, string>((resume) =>
      this.hold(caller, hold, () => resume(outcomes[ending]))
    ).pipe(Effect.ensuring(Effect.sync(() => this.giveBack(caller, session, ending))))
  }

  /** Calls back after a while, or when the caller is told to stop. */
  private hold(caller: Caller, millis: number, end: () => void): () => void {
    const cancel = this.timeline.wait(millis, end)
    caller.stop = () => {
      cancel()
      end()
    }
    return cancel
  }

  private giveBack(caller: Caller, session: Session, ending: Ending): void {
    if (caller.phase !== "holding") return
    if (ending === "spoils") session.isSpoilt = true
    this.observer.gaveBack(caller)
  }
}
