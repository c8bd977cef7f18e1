import { Context, Deferred, Effect, Layer } from "effect"

/**
 * Whether the service wants new requests. It does from the start until it is about to end: load
 * balancers are told while it still accepts, so that none of them sends a request to a closed door.
 * When it no longer does, what still comes over connections that are open already is refused.
 */
export class Readiness extends Context.Tag("holdfast/http/Readiness")<
  Readiness,
  {
    /** Whether it still wants requests: what load balancers are told. */
    readonly isReady: Effect.Effect<boolean>
    /** Says that the service wants no more requests, for good. */
    readonly end: Effect.Effect<void>
    /** Whether requests are answered, also those that it does not want. */
    readonly isOpen: Effect.Effect<boolean>
    /** Has all further requests refused. */
    readonly close: Effect.Effect<void>
    /**
     * Ends when the service closes. An answer without an end of its own, such as a stream of events,
     * ends then: otherwise the drain waits for it until its deadline. Its client connects again, to
     * another instance. For example `Stream.interruptWhen(events, readiness.closed)`.
     */
    readonly closed: Effect.Effect<void>
  }
>() {
  /** Open and ready, until it is told otherwise. */
  static readonly layer: Layer.Layer<Readiness> = Layer.effect(
    Readiness,
    Effect.map(Deferred.make<void>(), (closed) => {
      let isReady = true
      return {
        isReady: Effect.sync(() => isReady),
        end: Effect.sync(() => {
          isReady = false
        }),
        isOpen: Effect.map(Deferred.isDone(closed), (isClosed) => !isClosed),
        close: Effect.asVoid(Deferred.succeed(closed, undefined)),
        closed: Deferred.await(closed)
      }
    })
  )
}
