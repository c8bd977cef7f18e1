import {
  Cause,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  type Fiber,
  FiberId,
  FiberSet,
  Random,
  type Scope
} from "effect"
import { Alarm } from "./Alarm.ts"
import type { Connection, Connector, Loss } from "./Connection.ts"
import { tooSlow, unexpected } from "./DialFailure.ts"
import { type Answer, Caller, type Lease } from "./Lease.ts"
import type { Command, Input, Proof } from "./PoolCommand.ts"
import { limits, type PoolConfig } from "./PoolConfig.ts"
import type { ConnectError } from "./PoolError.ts"
import { log } from "./PoolLog.ts"
import { step } from "./PoolMachine.ts"
import { due, empty, type Instant, type State, total, type Waiter } from "./PoolState.ts"
import { prove, validate } from "./Proof.ts"

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
  private readonly emptied = Deferred.unsafeMake<void>(FiberId.none)
  private readonly connections = new Map<number, C>()
  private readonly callers = new Map<number, Caller<C>>()
  private readonly dials = new Map<number, Fiber.RuntimeFiber<void, ConnectError>>()
  private nextTicket = 0
  private readonly alarm: Alarm
  private readonly connector: Connector<C>
  private readonly config: PoolConfig
  private readonly clock: Clock.Clock
  private readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>
  private readonly closing: FiberSet.FiberSet<void>

  private constructor(
    connector: Connector<C>,
    config: PoolConfig,
    clock: Clock.Clock,
    fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>,
    closing: FiberSet.FiberSet<void>
  ) {
    this.connector = connector
    this.config = config
    this.clock = clock
    this.fork = fork
    this.closing = closing
    this.state = empty(limits(config))
    this.alarm = new Alarm(fork, () => this.tell({ _tag: "Tick", at: this.now() }))
  }

  /** A shell without connections, drained when the scope closes. */
  static readonly make = <C extends Connection>(
    connector: Connector<C>,
    config: PoolConfig
  ): Effect.Effect<PoolShell<C>, never, Scope.Scope> =>
    Effect.gen(function* () {
      const run = yield* FiberSet.makeRuntime<never>()
      // A pool that is built where nothing may be interrupted must still be able to end its fibers.
      const fork = <A, E>(effect: Effect.Effect<A, E>) => run(Effect.interruptible(effect))
      const closing = yield* FiberSet.make<void>()
      const clock = yield* Clock.clockWith(Effect.succeed)
      const shell = new PoolShell(connector, config, clock, fork, closing)
      yield* Effect.addFinalizer(() => shell.drain)
      return shell
    })

  /**
   * Takes a connection for a caller whose region is uninterruptible; `restore` makes the wait, and
   * only the wait, interruptible again.
   */
  take(restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>): Answer<C> {
    return Effect.suspend(() => {
      const caller = this.ask()
      return (
        caller.answer ??
        Effect.onError(restore(caller.wait), () => Effect.sync(() => this.abandon(caller)))
      )
    })
  }

  /** A caller who wants a connection, and may have it already. */
  ask(): Caller<C> {
    const ticket = this.nextTicket++
    const caller = new Caller<C>(ticket)
    this.callers.set(ticket, caller)
    this.tell({ _tag: "Acquire", at: this.now(), ticket })
    return caller
  }

  /** Gives a connection back; one that is no longer usable is closed. */
  giveBack(lease: Lease<C>, isTrusted = true): Effect.Effect<void> {
    return Effect.sync(() => this.release(lease, isTrusted))
  }

  /** As {@link giveBack}, now. */
  release({ connection, id }: Lease<C>, isTrusted = true): void {
    const usable = isTrusted && connection.isUsable()
    this.tell({ _tag: "Release", at: this.now(), id, usable })
  }

  /** Proves a connection with a round trip, within the validation's own deadline. */
  validate(connection: C): Effect.Effect<void, Loss> {
    return validate(connection, this.config.validateTimeout)
  }

  /** Opens what is missing to the minimum, and waits for it. */
  readonly warm: Effect.Effect<void, ConnectError> = Effect.suspend(() => {
    this.tell({ _tag: "Warm", at: this.now() })
    const dials = [...this.dials.values()]
    const landed = Effect.forEach(dials, (fiber) => fiber, {
      concurrency: "unbounded",
      discard: true
    })
    const { closed, counts, limits } = this.state
    const isComplete = total(this.state) - counts.connecting >= limits.min
    return closed || isComplete ? Effect.void : Effect.zipRight(landed, this.warm)
  })

  readonly recreate: Effect.Effect<void> = Effect.sync(() =>
    this.tell({ _tag: "Recreate", at: this.now(), detail: "recreated by hand" })
  )

  private now(): Instant {
    return Number(this.clock.unsafeCurrentTimeNanos()) / 1e6
  }

  private tell(input: Input): void {
    const [state, commands] = step(this.state, input)
    this.state = state
    for (const command of commands) this.execute(command)
    this.alarm.set(due(this.state), this.now())
  }

  private execute(command: Command): void {
    switch (command._tag) {
      case "Lend":
        this.lend(command.id, command.waiter)
        return
      case "Refuse":
        this.leaving(command.ticket)?.refuse(command.error)
        return
      case "Connect":
        this.dials.set(command.id, this.fork(this.dial(command.id)))
        return
      case "Prove":
        this.fork(this.prove(command.id, command.proof))
        return
      case "Close":
        this.close(command.id)
        return
      case "Report":
        this.fork(log(command.event))
        return
    }
  }

  private lend(id: number, waiter: Waiter): void {
    const connection = this.connections.get(id)
    if (connection?.isUsable()) {
      this.leaving(waiter.ticket)?.serve({ id, connection })
    } else {
      this.tell({ _tag: "Unfit", at: this.now(), id, waiter })
    }
  }

  /** The caller with this ticket, who is about to be answered. */
  private leaving(ticket: number): Caller<C> | undefined {
    const caller = this.callers.get(ticket)
    this.callers.delete(ticket)
    return caller
  }

  /** The caller was interrupted, perhaps while its answer was on the way. */
  abandon({ lease, ticket }: Caller<C>): void {
    this.callers.delete(ticket)
    if (lease === undefined) {
      this.tell({ _tag: "Cancel", at: this.now(), ticket })
    } else {
      this.release(lease)
    }
  }

  private dial(id: number): Effect.Effect<void, ConnectError> {
    const { connectTimeout } = this.config
    // The connection is adopted inside the race with the deadline, so that the loser drops nothing.
    const adopted = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(this.connector.connect((loss) => this.lost(id, loss))), (connection) =>
        this.adopt(id, connection)
      )
    )
    return adopted.pipe(
      Effect.timeoutFail({ duration: connectTimeout, onTimeout: () => tooSlow(connectTimeout) }),
      Effect.catchAllCause((cause) =>
        // Interrupted by anybody but the pool that closes, a dial has failed like any other.
        this.state.closed && Cause.isInterruptedOnly(cause)
          ? Effect.failCause(cause)
          : this.dialFailed(id, unexpected(cause))
      ),
      Effect.ensuring(Effect.sync(() => this.dials.delete(id)))
    )
  }

  private adopt(id: number, connection: C): Effect.Effect<void> {
    return Effect.map(Random.next, (random) => {
      const at = this.now()
      const lifetime = Duration.toMillis(this.config.maxLifetime)
      this.connections.set(id, connection)
      Deferred.unsafeDone(this.ready, Exit.void)
      this.tell({ _tag: "Connected", at, id, retireAt: at + lifetime * (1 - 0.25 * random) })
    })
  }

  private dialFailed(id: number, error: ConnectError): Effect.Effect<never, ConnectError> {
    return Effect.flatMap(Random.next, (random) => {
      if (error.isFatal) Deferred.unsafeDone(this.ready, Exit.fail(error))
      this.tell({ _tag: "ConnectFailed", at: this.now(), id, error, random })
      return Effect.fail(error)
    })
  }

  private prove(id: number, proof: Proof): Effect.Effect<void> {
    return Effect.match(prove(this.connections.get(id), proof, this.config.validateTimeout), {
      onFailure: (loss) => this.refuted(id, loss),
      onSuccess: () => this.tell({ _tag: "Proven", at: this.now(), id, proof })
    })
  }

  private refuted(id: number, loss: Loss): void {
    this.tell({ _tag: "Refuted", at: this.now(), id, loss })
  }

  private lost(id: number, loss: Loss): void {
    this.tell({ _tag: "Lost", at: this.now(), id, loss })
  }

  private close(id: number): void {
    const connection = this.connections.get(id)
    if (connection === undefined) return
    this.connections.delete(id)
    const closed = Effect.timeoutOption(connection.close, this.config.closeTimeout)
    FiberSet.unsafeAdd(this.closing, this.fork(Effect.asVoid(closed)))
    if (this.state.closed && this.connections.size === 0) {
      Deferred.unsafeDone(this.emptied, Exit.void)
    }
  }

  /** Lends no more; closes what is idle now, and what is active when it is back or time is up. */
  private readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    this.tell({ _tag: "Close", at: this.now() })
    const returned = this.connections.size === 0 ? Effect.void : Deferred.await(this.emptied)
    // Interruptible within the race, or the deadline could not end it in a finalizer.
    return Effect.timeoutOption(Effect.interruptible(returned), this.config.closeTimeout).pipe(
      Effect.tap(() => Effect.sync(() => [...this.connections.keys()].map((id) => this.close(id)))),
      Effect.zipRight(FiberSet.awaitEmpty(this.closing))
    )
  })
}
