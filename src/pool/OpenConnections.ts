import {
  Deferred,
  type Duration,
  Effect,
  Exit,
  type Fiber,
  FiberId,
  FiberSet,
  type Scope
} from "effect"
import type { Connection } from "./Connection.ts"

/** The connections of a pool by their ids, and the goodbyes that are under way. */
export class OpenConnections<C extends Connection> {
  private readonly connections = new Map<number, C>()
  private readonly emptied = Deferred.unsafeMake<void>(FiberId.none)
  private isLeaving = false
  private readonly closing: FiberSet.FiberSet<void>
  private readonly closeTimeout: Duration.Duration

  private constructor(closing: FiberSet.FiberSet<void>, closeTimeout: Duration.Duration) {
    this.closing = closing
    this.closeTimeout = closeTimeout
  }

  static readonly make = <C extends Connection>(
    closeTimeout: Duration.Duration
  ): Effect.Effect<OpenConnections<C>, never, Scope.Scope> =>
    Effect.map(FiberSet.make<void>(), (closing) => new OpenConnections(closing, closeTimeout))

  get(id: number): C | undefined {
    return this.connections.get(id)
  }

  add(id: number, connection: C): void {
    this.connections.set(id, connection)
  }

  /** Says goodbye in a fiber of `fork`. */
  close(id: number, fork: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>): void {
    const connection = this.connections.get(id)
    if (connection === undefined) return
    this.connections.delete(id)
    const closed = Effect.timeoutOption(connection.close, this.closeTimeout)
    FiberSet.unsafeAdd(this.closing, fork(Effect.asVoid(closed)))
    this.noteEmpty()
  }

  /** Ends when none is open, and every goodbye has been said or given up. */
  readonly gone: Effect.Effect<void> = Effect.suspend(() => {
    this.isLeaving = true
    this.noteEmpty()
    return Effect.zipRight(Deferred.await(this.emptied), FiberSet.awaitEmpty(this.closing))
  })

  get ids(): ReadonlyArray<number> {
    return [...this.connections.keys()]
  }

  private noteEmpty(): void {
    if (this.isLeaving && this.connections.size === 0) {
      Deferred.unsafeDone(this.emptied, Exit.void)
    }
  }
}
