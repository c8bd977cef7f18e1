import { Context, DefaultServices, Effect, type Fiber, FiberRef, Tracer } from "effect"

/** A fiber that is only asked what stands around it. */
export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** The tracer of a program that has none: nobody ever sees its spans. */
const nobodys = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Somebody sees its spans. What is part of a trace that is not recorded is not recorded either. */
export const isTraced = (fiber: AnyFiber): boolean =>
  fiber.currentTracer !== nobodys &&
  fiber.currentSpan?.sampled !== false &&
  fiber.getFiberRef(FiberRef.currentTracerEnabled)

/**
 * As `Effect.fn`, for what is called with nearly every request: the span is made only where somebody sees
 * it. One that nobody sees, and the two stack traces of its function, cost as much as a statement.
 */
export const fnWhereTraced =
  (name: string) =>
  <Args extends ReadonlyArray<unknown>, A, E, R>(
    f: (...args: Args) => Effect.Effect<A, E, R>
  ): ((...args: Args) => Effect.Effect<A, E, R>) => {
    const traced = Effect.fn(name)((...args: [...Args]) => f(...args))
    return (...args) =>
      Effect.withFiberRuntime((fiber) => (isTraced(fiber) ? traced(...args) : f(...args)))
  }
