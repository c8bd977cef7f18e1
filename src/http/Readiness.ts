import { Context, Effect, Layer } from "effect"

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
  }
>() {
  static readonly layer: Layer.Layer<Readiness> = Layer.sync(Readiness, () => {
    let isReady = true
    return {
      isReady: Effect.sync(() => isReady),
      end: Effect.sync(() => {
        isReady = false
      })
    }
  })
}
