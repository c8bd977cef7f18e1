import { Deferred, type Duration, Effect, Exit, FiberId, FiberSet, type Scope } from "effect"
import type { Fork } from "../runtime/Fork.ts"
import type { Instant } from "../runtime/Instant.ts"
import type { Connection } from "./Connection.ts"

/** A connection, and what it has been through. */
interface Entry<C> {
  readonly connection: C
  readonly openedAt: Instant
  lent: number
}

/** The connections of a pool by their ids, and the goodbyes that are under way. */
export class OpenConnections<C extends Connection> {
  private readonly entries = new Map<number, Entry<C>>()
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
    return this.entries.get(id)?.connection
  }

  add(id: number, connection: C, openedAt: Instant): void {
    this.entries.set(id, { connection, openedAt, lent: 0 })
  }

  /** Counts one more use. */
  lent(id: number): void {
    const entry = this.entries.get(id)
    if (entry !== undefined) entry.lent += 1
  }

  /** When it was opened, and how often it has been lent. */
  past(id: number): Pick<Entry<C>, "openedAt" | "lent"> | undefined {
    return this.entries.get(id)
  }

  /** Says goodbye in a fiber of `fork`. */
  close(id: number, fork: Fork): void {
    const connection = this.get(id)
    if (connection === undefined) return
    this.entries.delete(id)
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
    return [...this.entries.keys()]
  }

  private noteEmpty(): void {
    if (this.isLeaving && this.entries.size === 0) {
      Deferred.unsafeDone(this.emptied, Exit.void)
    }
  }
}
