import { Effect, type Fiber, FiberId, type Scope, Stream } from "effect"
import { PoolClosed } from "../../pool/PoolError.ts"
import { type Fork, makeFork } from "../../runtime/Fork.ts"
import { fromAcquire, type PgError } from "../failure/PgError.ts"
import { Audience } from "./Audience.ts"
import { faultOf } from "./ChannelName.ts"
import type { Inbox } from "./Inbox.ts"
import type { ListenEvent } from "./ListenEvent.ts"
import { type Clientele, ListenKeeper, type ListenOptions } from "./ListenKeeper.ts"

const closed = fromAcquire(new PoolClosed({ message: "the client is shutting down" }))

/**
 * All that listen through one client, over one session: it is opened for the first and closed behind
 * the last.
 */
export class SharedListener {
  private readonly audience = new Audience()
  private readonly changed = Effect.unsafeMakeLatch()
  private readonly options: ListenOptions
  private readonly fork: Fork
  private keeper: Fiber.RuntimeFiber<void> | undefined
  private isClosed = false

  private constructor(options: ListenOptions, fork: Fork) {
    this.options = options
    this.fork = fork
  }

  /** A listener that opens nothing yet. When the scope closes, who still listens fails. */
  static readonly make = (
    options: ListenOptions
  ): Effect.Effect<SharedListener, never, Scope.Scope> =>
    Effect.gen(function* () {
      const listener = new SharedListener(options, yield* makeFork)
      yield* Effect.addFinalizer(() => listener.close)
      return listener
    })

  /** What happens on a channel, from when the stream starts: see `PgClient.notifications`. */
  events(channel: string): Stream.Stream<ListenEvent, PgError> {
    const inbox = Effect.acquireRelease(this.join(channel), (inbox) => this.leave(inbox))
    return Stream.unwrapScoped(Effect.map(inbox, ({ take }) => Stream.repeatEffectChunk(take)))
  }

  private join(channel: string): Effect.Effect<Inbox, PgError> {
    return Effect.suspend(() => {
      const fault = this.isClosed ? closed : faultOf(channel)
      if (fault !== undefined) return Effect.fail(fault)
      const inbox = this.audience.join(channel)
      this.changed.unsafeOpen()
      this.keeper ??= this.fork(new ListenKeeper(this.options, this.clientele).run)
      return Effect.succeed(inbox)
    })
  }

  private leave(inbox: Inbox): Effect.Effect<void> {
    return Effect.sync(() => {
      if (!this.audience.leave(inbox)) return
      this.changed.unsafeOpen()
      if (this.audience.isEmpty) this.dismiss()
    })
  }

  /** The keeper says goodbye in the background: nobody who stops listening waits for a network. */
  private dismiss(): void {
    this.keeper?.unsafeInterruptAsFork(FiberId.none)
    this.keeper = undefined
  }

  private get clientele(): Clientele {
    const { audience, changed } = this
    return {
      audience,
      changed,
      refuse: (channels, error) => {
        audience.fail(channels, error)
        // In the same step: who comes next must find either a keeper that goes on, or none.
        if (audience.isEmpty) this.keeper = undefined
        return !audience.isEmpty
      }
    }
  }

  private readonly close: Effect.Effect<void> = Effect.sync(() => {
    this.isClosed = true
    this.audience.fail(this.audience.channels, closed)
    this.dismiss()
  })
}
