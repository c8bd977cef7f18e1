import { Effect, Exit, type Fiber, FiberId, Runtime, Scope, Stream } from "effect"
import { PCGRandom } from "effect/Utils"
import type { Connector } from "../../src/pool/Connection.ts"
import { type LendingPool, make } from "../../src/pool/Pool.ts"
import type { PoolConfig } from "../../src/pool/PoolConfig.ts"
import type { ConnectError } from "../../src/pool/PoolError.ts"
import { perform } from "./Acts.ts"
import { aDrainedPoolHasNothing, theCountsAgree } from "./Answering.ts"
import { Borrowing } from "./Borrowing.ts"
import { Database, type Simulated } from "./Database.ts"
import { dialsUntil, isSwallowed } from "./Dialing.ts"
import { Interleaving } from "./Interleaving.ts"
import { Observer } from "./Observer.ts"
import { type Act, configOf, type Knobs, type Program, type Step } from "./Program.ts"
import { runtimeOf } from "./runtimeOf.ts"
import { isHeard } from "./Telling.ts"
import { Timeline } from "./Timeline.ts"
import type { World } from "./World.ts"

/** What builds the pool under test. */
export type Subject = (
  connector: Connector<Simulated>,
  config: PoolConfig
) => Effect.Effect<LendingPool<Simulated>, ConnectError, Scope.Scope>

/** What a run may be given beside its program. */
export interface Options {
  readonly subject?: Subject
  /** Hears what happens, and what the pool logs, with the time in milliseconds. */
  readonly tell?: (at: number, line: string) => void
}

/** A dial may get this many times its usual time. */
const mostPatience = 6

/** Until when opening the minimum may go on in the background, at the longest. */
const warmUpTime = ({ connectTimeout, maxRetries, min, retryDelay }: Knobs): number =>
  // One after another, if the ramp wants it so. The delays double, and are spread by a fifth.
  (maxRetries + 1) * (1 + min) * mostPatience * connectTimeout + 1.2 * retryDelay * 2 ** maxRetries

/** Borrowers have all that the pool may open. */
const isFull = ({ knobs, sessions }: World): boolean =>
  [...sessions.values()].filter(({ holder }) => holder !== undefined).length >= knobs.max

/** The pool waits for an answer that does not come, or as long as the server has asked for. */
const isWaitedFor = (world: World): boolean =>
  isSwallowed(world) || (world.failing?.pause ? world.now <= dialsUntil(world) : false)

/** One pool, one database and their observer, in a time and an order of their own. */
export class Simulation {
  readonly timeline: Timeline
  readonly observer: Observer
  readonly database: Database
  readonly building: Fiber.RuntimeFiber<LendingPool<Simulated>, ConnectError>
  pool: LendingPool<Simulated> | undefined
  draining: Fiber.RuntimeFiber<void> | undefined
  private borrowing: Borrowing | undefined
  private warmsUpUntil: number
  private readonly interleaving: Interleaving
  private readonly runtime: Runtime.Runtime<never>
  private readonly scope = Effect.runSync(Scope.make())

  constructor({ interleaving, knobs, welcome }: Program, { subject = make, tell }: Options) {
    const dice = new PCGRandom(interleaving + 1)
    const chosen = interleaving === 0 ? undefined : dice
    const told = (line: string) => tell?.(this.timeline.now, line)
    this.interleaving = new Interleaving(chosen)
    this.timeline = new Timeline(chosen, () => this.rest())
    this.observer = new Observer(knobs, this.timeline, told)
    this.database = new Database(welcome, this.timeline, this.observer, dice)
    this.runtime = runtimeOf(this.timeline, interleaving, tell && told)
    this.warmsUpUntil = this.timeline.now + warmUpTime(knobs)
    this.building = this.fork(
      Scope.extend(subject(this.database.connector, configOf(knobs)), this.scope)
    )
    this.building.addObserver((exit) => {
      if (Exit.isFailure(exit)) return
      this.pool = exit.value
      this.listen(exit.value)
      this.borrowing = new Borrowing(exit.value, this.observer, this.timeline)
    })
  }

  /** Lets the time of a step pass, and does what it says. */
  play({ act, after }: Step): void {
    if (after > 0) {
      this.timeline.advance(after)
      this.notice()
      this.count()
    }
    this.observer.tell(`> ${act._tag}`)
    perform(this, act)
    this.check()
  }

  /** Ends the run if something has happened that must not. */
  check(): void {
    if (this.observer.violation !== undefined) throw this.observer.violation
  }

  borrow(act: Extract<Act, { readonly _tag: "Borrow" }>): void {
    const { borrowing, observer } = this
    if (borrowing === undefined) return
    const fiber = this.fork(
      Effect.suspend(() => {
        const caller = observer.asks(act.way)
        caller.fiber = fiber
        fiber.addObserver((exit) => observer.answered(caller, exit))
        return borrowing.begin(caller, act)
      })
    )
  }

  recreate(): void {
    const { observer, pool } = this
    if (pool === undefined) return
    this.fork(
      Effect.suspend(() => {
        observer.excuse()
        return Effect.map(pool.recreate, () => observer.condemn())
      })
    )
  }

  /** Lets the pool come to its end by itself. */
  drain(): void {
    const { observer, pool } = this
    if (pool === undefined || this.draining !== undefined) return
    this.draining = this.fork(
      Effect.suspend(() => {
        observer.closes()
        return pool.drain
      })
    )
    this.draining.addObserver(() => observer.demand(aDrainedPoolHasNothing, undefined))
  }

  freeze(millis: number): void {
    this.warmsUpUntil += millis
    this.timeline.freeze(millis)
  }

  /** Interrupts the building of a pool that is not there yet. */
  giveUpBuilding(): void {
    if (this.pool === undefined) this.building.unsafeInterruptAsFork(FiberId.none)
  }

  close(): Fiber.RuntimeFiber<void> {
    this.observer.closes()
    this.giveUpBuilding()
    return this.fork(Scope.close(this.scope, Exit.void))
  }

  private listen(pool: LendingPool<Simulated>): void {
    const { observer } = this
    if (!isHeard(observer)) return
    this.fork(
      Stream.runForEach(pool.events, ({ event }) => Effect.sync(() => observer.heard(event)))
    )
  }

  private fork<A, E>(effect: Effect.Effect<A, E>): Fiber.RuntimeFiber<A, E> {
    const options = { scheduler: this.interleaving, immediate: false }
    return Runtime.runFork(this.runtime)(effect, options)
  }

  /** What the pool says of itself is compared to what is seen. */
  private count(): void {
    const { observer, pool } = this
    if (pool === undefined || observer.isClosing) return
    observer.demand(theCountsAgree, Effect.runSync(pool.stats))
  }

  /** Between any two events all fibers rest, and whatever must hold then is looked at. */
  private rest(): void {
    const { observer } = this
    this.notice()
    this.interleaving.settle()
    this.notice()
    observer.rest()
  }

  /** Notices what stands between a caller and a connection that no pool can help. */
  private notice(): void {
    const { database, observer, timeline } = this
    observer.passes()
    const isBlocked = !database.isOpen || isFull(observer) || isWaitedFor(observer)
    const since = isBlocked ? timeline.now : timeline.thawedAt
    observer.openSince = Math.max(observer.openSince, since)
    const isWarm = observer.knobs.lazy ? timeline.now > this.warmsUpUntil : this.pool !== undefined
    if (isWarm) observer.warmUps = undefined
  }
}
