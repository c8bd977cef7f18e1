import { Effect, type Fiber, FiberSet, type Scope } from "effect"

/** Begins an effect in a fiber of its own. */
export type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>

/**
 * Has fibers begun that end with the scope. They can be interrupted, also where this is run in a region that
 * can't: else nothing could end them.
 */
export const makeFork: Effect.Effect<Fork, never, Scope.Scope> = Effect.map(
  FiberSet.makeRuntime<never>(),
  (run) => (effect) => run(Effect.interruptible(effect))
)
