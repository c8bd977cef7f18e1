import { Context, Deferred, Effect, Layer } from "effect"

/**
 * Whether the service wants new requests. It does from the start until it is about to end: load
 * balancers are told while it still accepts, so that none of them sends a request to a closed door.
 */
export class Readiness extends Context.Tag("holdfast/http/Readiness")<
  Readiness,
  {
    readonly isReady: Effect.Effect<boolean>
    /** From now on it is not, and never again. */
    readonly end: Effect.Effect<void>
    /** Ends when it is not ready any more: for answers that would go on for ever. */
    readonly closed: Effect.Effect<void>
  }
>() {
  static readonly layer: Layer.Layer<Readiness> = Layer.effect(
    Readiness,
    Effect.map(Deferred.make<void>(), (over) => ({
      isReady: Effect.negate(Deferred.isDone(over)),
      end: Effect.asVoid(Deferred.succeed(over, undefined)),
      closed: Deferred.await(over)
    }))
  )
}
