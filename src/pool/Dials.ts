import { Cause, Duration, Effect, Exit, Fiber, Option, Random } from "effect"
import type { Fork } from "../runtime/Fork.ts"
import type { Connection, Connector, Loss } from "./Connection.ts"
import { stillborn, tooSlow, unexpected } from "./DialFailure.ts"
import type { ConnectError } from "./PoolError.ts"

/** Who learns of what becomes of the dials. `random` lies in [0, 1). */
export interface DialOwner<C> {
  readonly heard: (id: number) => void
  readonly preparing: (id: number) => void
  readonly connected: (id: number, connection: C, random: number) => void
  readonly failed: (id: number, error: ConnectError, random: number) => void
  readonly lost: (id: number, loss: Loss) => void
}

type Dial = Fiber.RuntimeFiber<void, ConnectError>

/** The dials under way, each a fiber of the pool. */
export class Dials<C extends Connection> {
  private readonly fibers = new Map<number, Dial>()
  /** Those that have not let go of their sockets yet. */
  private readonly givenUp = new Set<Dial>()
  private readonly connector: Connector<C>
  private readonly owner: DialOwner<C>
  private readonly fork: Fork

  constructor(connector: Connector<C>, owner: DialOwner<C>, fork: Fork) {
    this.connector = connector
    this.owner = owner
    this.fork = fork
  }

  /** Opens a connection within a time, once one that was given up has let go of its socket, each its own. */
  begin(id: number, within: Duration.Duration): void {
    const [leaving] = this.givenUp
    const dial = this.dial(id, within)
    if (leaving === undefined) {
      this.fibers.set(id, this.fork(dial))
      return
    }
    this.givenUp.delete(leaving)
    this.fibers.set(id, this.fork(Effect.zipRight(Fiber.await(leaving), dial)))
  }

  /** Nobody learns of what becomes of it any more; whatever it has opened is closed. */
  abort(id: number): void {
    const dial = this.fibers.get(id)
    if (dial === undefined) return
    this.fibers.delete(id)
    this.givenUp.add(dial)
    dial.addObserver(() => this.givenUp.delete(dial))
    dial.unsafeInterruptAsFork(dial.id())
  }

  /** Ends when all that are under way now have; fails if one of them has failed. */
  get landed(): Effect.Effect<void, ConnectError> {
    const dials = [...this.fibers.values()]
    return Effect.forEach(dials, (fiber) => Effect.flatMap(Fiber.await(fiber), failureOf), {
      concurrency: "unbounded",
      discard: true
    })
  }

  private connect(id: number): Effect.Effect<C, ConnectError> {
    const { owner } = this
    return this.connector.connect(
      (loss) => owner.lost(id, loss),
      () => owner.heard(id)
    )
  }

  /**
   * Opens a connection within the time and makes it fit to be lent in the connector's own. To adopt it
   * is part of the same uninterruptible step, so that one which is there at the very last moment is not
   * leaked.
   */
  private made(id: number, within: Duration.Duration): Effect.Effect<void, ConnectError> {
    return Effect.uninterruptibleMask((restore) => {
      let opened: C | undefined
      const opening = Effect.uninterruptibleMask((restore) =>
        Effect.map(restore(this.connect(id)), (connection) => {
          opened = connection
        })
      )
      return restore(Effect.timeoutOption(opening, within)).pipe(
        Effect.zipRight(
          Effect.suspend(() => (opened === undefined ? tooSlow(within) : Effect.succeed(opened)))
        ),
        Effect.tap((connection) => restore(this.fit(id, connection, within))),
        Effect.zipWith(Random.next, (connection, random) =>
          this.owner.connected(id, connection, random)
        ),
        Effect.onInterrupt(() => (opened === undefined ? Effect.void : dropped(opened)))
      )
    })
  }

  private fit(
    id: number,
    connection: C,
    within: Duration.Duration
  ): Effect.Effect<void, ConnectError> {
    return Effect.zipRight(this.prepare(id, connection), alive(connection, within))
  }

  private prepare(id: number, connection: C): Effect.Effect<void, ConnectError> {
    const { prepare } = this.connector
    if (prepare === undefined) return Effect.void
    this.owner.preparing(id)
    return prepare(connection)
  }

  private dial(id: number, within: Duration.Duration): Effect.Effect<void, ConnectError> {
    return this.made(id, within).pipe(
      Effect.catchAllCause((cause) => this.failed(id, cause)),
      Effect.ensuring(Effect.sync(() => this.fibers.delete(id)))
    )
  }

  private failed(id: number, cause: Cause.Cause<ConnectError>): Effect.Effect<never, ConnectError> {
    // The pool forgets a dial before it interrupts it. Interrupted by anybody else, it has failed like
    // any other.
    if (!this.fibers.has(id) && Cause.isInterruptedOnly(cause)) return Effect.failCause(cause)
    const error = unexpected(cause)
    return Effect.flatMap(Random.next, (random) => {
      this.owner.failed(id, error, random)
      return Effect.fail(error)
    })
  }
}

const alive = (
  connection: Connection,
  within: Duration.Duration
): Effect.Effect<void, ConnectError> =>
  connection.isUsable()
    ? Effect.void
    : Effect.zipRight(Effect.timeoutOption(connection.close, within), Effect.fail(stillborn))

/** Nobody wants it any more: its goodbye is not waited for much longer than it takes to send it. */
const dropped = (connection: Connection): Effect.Effect<void> =>
  Effect.asVoid(Effect.timeoutOption(Effect.interruptible(connection.close), goodbyeTime))

const goodbyeTime = Duration.millis(50)

/** One that was given up has not failed. */
const failureOf = (exit: Exit.Exit<void, ConnectError>): Effect.Effect<void, ConnectError> =>
  Option.match(Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none(), {
    onNone: () => Effect.void,
    onSome: Effect.fail
  })
