import { Clock, Deferred, Duration, Effect, Exit, FiberId, type Scope } from "effect"
import { Alarm } from "../runtime/Alarm.ts"
import { type Fork, makeFork } from "../runtime/Fork.ts"
import { type Instant, instantOf } from "../runtime/Instant.ts"
import { Suspensions } from "../runtime/Suspensions.ts"
import { type AnyFiber, spanOf } from "../runtime/Traced.ts"
import { AcquireSpan } from "./AcquireSpan.ts"
import type { Connection, Connector, Loss } from "./Connection.ts"
import { type ConnectionStats, rosterOf } from "./ConnectionStats.ts"
import { due } from "./Demand.ts"
import { Dials } from "./Dials.ts"
import { Holders } from "./Holders.ts"
import { type Answer, Caller, type Lease } from "./Lease.ts"
import * as Members from "./Members.ts"
import { OpenConnections } from "./OpenConnections.ts"
import type { Command, Input, Proof } from "./PoolCommand.ts"
import { limits, type PoolConfig } from "./PoolConfig.ts"
import type { AcquireError, ConnectError } from "./PoolError.ts"
import type { PoolEvent } from "./PoolEvent.ts"
import { step } from "./PoolMachine.ts"
import { PoolMetrics } from "./PoolMetrics.ts"
import { empty, established, type State } from "./PoolState.ts"
import { prove, validate } from "./Proof.ts"
import { Tally } from "./Tally.ts"
import { Timeline } from "./Timeline.ts"
import type { Waiter } from "./WaitQueue.ts"

/** What the scope of a pool provides to its shell. */
interface Surroundings<C extends Connection> {
  readonly clock: Clock.Clock
  readonly fork: Fork
  readonly connections: OpenConnections<C>
  readonly timeline: Timeline
}

/**
 * Drives the pure machine: owns the connections, the fibers, the clock and the callers' answers.
 *
 * Every input runs to its end at once, in one turn of the event loop, so that the state needs no
 * lock. All fibers live in the pool's scope.
 */
export class PoolShell<C extends Connection> {
  state: State
  /** Done when the first connection is made; failed when none ever can be. */
  readonly ready = Deferred.unsafeMake<void, ConnectError>(FiberId.none)
  readonly tally = new Tally()
  readonly timeline: Timeline
  private readonly callers = new Map<number, Caller<C>>()
  private nextTicket = 0
  private readonly told: Array<Input> = []
  private isTelling = false
  private readonly config: PoolConfig
  private readonly clock: Clock.Clock
  private readonly fork: Fork
  private readonly connections: OpenConnections<C>
  private readonly dials: Dials<C>
  private readonly holders: Holders<C>
  private readonly metrics: PoolMetrics
  private readonly alarm: Alarm
  private readonly suspensions: Suspensions

  private constructor(
    connector: Connector<C>,
    config: PoolConfig,
    { clock, connections, fork, timeline }: Surroundings<C>
  ) {
    this.config = config
    this.clock = clock
    this.fork = fork
    this.connections = connections
    this.timeline = timeline
    this.state = empty(limits(config))
    this.metrics = new PoolMetrics(config.name)
    this.alarm = new Alarm(fork, () => this.tell({ _tag: "Tick", at: this.now() }))
    this.suspensions = new Suspensions(clock)
    this.dials = new Dials(connector, this, fork)
    const leakAlarm = new Alarm(fork, () => this.holders.look(this.now()))
    const threshold = Duration.toMillis(config.leakThreshold)
    this.holders = new Holders(threshold, leakAlarm, (event) => this.report(event))
  }

  /** A shell without connections, drained when the scope closes. */
  static readonly make = <C extends Connection>(
    connector: Connector<C>,
    config: PoolConfig
  ): Effect.Effect<PoolShell<C>, never, Scope.Scope> =>
    Effect.gen(function* () {
      const fork = yield* makeFork
      const shell = new PoolShell(connector, config, {
        clock: yield* Clock.clockWith(Effect.succeed),
        connections: yield* OpenConnections.make<C>(config.closeTimeout),
        fork,
        timeline: yield* Timeline.make(fork)
      })
      yield* Effect.addFinalizer(() => shell.close)
      return shell
    })

  /**
   * Takes a connection for a caller whose region is uninterruptible; `restore` makes the wait, and
   * only the wait, interruptible again.
   */
  take(restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>): Answer<C> {
    return Effect.withFiberRuntime((fiber) => {
      const caller = this.ask(fiber)
      return (
        caller.answer ??
        Effect.onError(restore(caller.wait), () => Effect.sync(() => this.abandon(caller)))
      )
    })
  }

  /** A caller who wants a connection, and may have it already. */
  ask(fiber: AnyFiber): Caller<C> {
    const ticket = this.nextTicket++
    const watch = AcquireSpan.begin(fiber, this.clock, this.state)
    const caller = new Caller<C>(ticket, spanOf(fiber), watch)
    this.callers.set(ticket, caller)
    const at = this.now()
    this.tellOfSuspension(at)
    this.tell({ _tag: "Acquire", at, ticket })
    return caller
  }

  /** Gives a connection back; one that is no longer usable is closed. */
  giveBack(lease: Lease<C>, isTrusted = true): Effect.Effect<void> {
    return Effect.sync(() => this.release(lease, isTrusted))
  }

  /** As {@link giveBack}, now. */
  release(lease: Lease<C>, isTrusted = true): void {
    const at = this.now()
    this.holders.remove(lease)
    this.tally.useTime += at - lease.since
    this.metrics.released(at - lease.since)
    const usable = isTrusted && lease.connection.isUsable()
    // Whoever waits gets it at once: its answer may have lain in a buffer all the while.
    this.tellOfSuspension(at)
    this.tell({ _tag: "Release", at, id: lease.id, usable })
  }

  private tellOfSuspension(at: Instant): void {
    if (this.suspensions.hasPassed(at)) this.tell({ _tag: "Slept", at })
  }

  /** The caller was interrupted, perhaps while its answer was on the way. */
  abandon(caller: Caller<C>): void {
    this.callers.delete(caller.ticket)
    if (caller.lease !== undefined) this.release(caller.lease)
    if (caller.isAnswered) return
    caller.watch?.left(this.state)
    this.tally.cancelled += 1
    this.tell({ _tag: "Cancel", at: this.now(), ticket: caller.ticket })
  }

  /** Proves a connection with a round trip, within the validation's own deadline. */
  validate(connection: C): Effect.Effect<void, Loss> {
    return validate(connection, this.config.validateTimeout)
  }

  /** Opens what is missing to the minimum, and waits for it. What ends meanwhile is not opened once more. */
  readonly warm: Effect.Effect<void, ConnectError> = Effect.suspend(() =>
    this.warmUntil(this.tally.dialed + this.state.limits.min)
  )

  private warmUntil(dialed: number): Effect.Effect<void, ConnectError> {
    return Effect.suspend(() => {
      const { closed, limits } = this.state
      // Where connections end as fast as they are opened, dialing would never end.
      const isDone = established(this.state) >= limits.min || this.tally.dialed >= dialed
      if (closed || isDone) return Effect.void
      this.tell({ _tag: "Warm", at: this.now() })
      return Effect.zipRight(this.dials.landed, this.warmUntil(dialed))
    })
  }

  readonly recreate: Effect.Effect<void> = Effect.sync(() =>
    this.tell({ _tag: "Recreate", at: this.now(), detail: "recreated by hand" })
  )

  /** Lends no more; ends when what is active has come back, and all is closed. */
  readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    this.tell({ _tag: "Close", at: this.now() })
    return this.connections.gone
  })

  /** Drains; what has not come back when time is up is closed in its borrower's hands. */
  private readonly close: Effect.Effect<void> = Effect.suspend(() =>
    // Interruptible within the race, or the deadline could not end it in a finalizer.
    Effect.timeoutOption(Effect.interruptible(this.drain), this.config.closeTimeout).pipe(
      Effect.tap(() => Effect.sync(() => this.connections.ids.map((id) => this.end(id)))),
      Effect.zipRight(this.connections.gone)
    )
  )

  /** To the log, the listeners and the counts. */
  report(event: PoolEvent): void {
    this.tally.reported(event)
    this.metrics.reported(event)
    this.timeline.tell(event)
  }

  /** Every connection, and those being opened, in the order they were begun. */
  get roster(): ReadonlyArray<ConnectionStats> {
    return rosterOf(this.state.members, (id) => this.connections.past(id), this.now())
  }

  private now(): Instant {
    return instantOf(this.clock)
  }

  /**
   * What is told while a command is executed waits until all of its step are: a thousand errands that
   * each end at once, and so give the next one its connection, must not nest.
   */
  private tell(input: Input): void {
    this.told.push(input)
    if (this.isTelling) return
    this.isTelling = true
    try {
      for (let next = this.told.shift(); next !== undefined; next = this.told.shift())
        this.hear(next)
    } finally {
      this.isTelling = false
    }
  }

  private hear(input: Input): void {
    const [state, commands] = step(this.state, input)
    this.state = state
    this.metrics.stepped(state)
    for (const command of commands) this.execute(command, input)
    this.alarm.set(due(this.state), input.at)
  }

  private execute(command: Command, input: Input): void {
    switch (command._tag) {
      case "Lend":
        this.lend(command.id, command.waiter, input)
        break
      case "Refuse":
        this.refuse(command.ticket, command.error)
        break
      case "Connect":
        this.dials.begin(command.id, Duration.millis(command.within))
        break
      case "Abort":
        this.dials.abort(command.id)
        break
      case "Prove":
        this.fork(this.prove(command.id, command.proof))
        break
      case "Close":
        this.end(command.id)
        break
      case "Report":
        this.report(command.event)
        break
    }
  }

  private lend(id: number, waiter: Waiter, input: Input): void {
    const { at } = input
    const connection = this.connections.get(id)
    const caller = this.callers.get(waiter.ticket)
    if (caller !== undefined && connection?.isUsable()) {
      this.callers.delete(waiter.ticket)
      this.tally.lent(at - waiter.since)
      this.metrics.lent(at - waiter.since)
      this.connections.lent(id)
      const lease: Lease<C> = { id, connection, since: at, holder: caller.span }
      this.holders.add(lease)
      caller.watch?.served(input, this.state)
      caller.serve(lease)
    } else {
      this.tell({ _tag: "Unfit", at, id, waiter })
    }
  }

  private refuse(ticket: number, error: AcquireError): void {
    const caller = this.callers.get(ticket)
    this.callers.delete(ticket)
    this.tally.refused[error._tag] += 1
    this.metrics.refused(error._tag)
    caller?.watch?.refused(error, this.state)
    caller?.refuse(error)
  }

  heard(id: number): void {
    this.tell({ _tag: "Heard", at: this.now(), id })
  }

  preparing(id: number): void {
    this.tell({ _tag: "Preparing", at: this.now(), id })
  }

  /** A dial succeeded; if nobody wants it any more it is closed. */
  connected(id: number, connection: C, random: number): void {
    this.connections.add(id, connection, this.now())
    Deferred.unsafeDone(this.ready, Exit.void)
    if (Members.find(this.state, id) === undefined) {
      this.end(id)
    } else {
      const at = this.now()
      const lifetime = Duration.toMillis(this.config.maxLifetime)
      this.tell({ _tag: "Connected", at, id, retireAt: at + lifetime * (1 - 0.25 * random) })
    }
  }

  failed(id: number, error: ConnectError, random: number): void {
    // A server that says when to come back, as over a quota, can be had one day.
    const isForGood = error.isFatal && error.retryAfter === undefined
    if (isForGood) Deferred.unsafeDone(this.ready, Exit.fail(error))
    this.tell({ _tag: "ConnectFailed", at: this.now(), id, error, random })
  }

  lost(id: number, loss: Loss): void {
    this.tell({ _tag: "Lost", at: this.now(), id, loss })
  }

  private prove(id: number, proof: Proof): Effect.Effect<void> {
    if (proof === "roundTrip") this.tally.validated += 1
    return Effect.match(prove(this.connections.get(id), proof, this.config.validateTimeout), {
      onFailure: (loss) => this.tell({ _tag: "Refuted", at: this.now(), id, loss }),
      onSuccess: () => this.tell({ _tag: "Proven", at: this.now(), id, proof })
    })
  }

  private end(id: number): void {
    this.connections.close(id, this.fork)
  }
}
