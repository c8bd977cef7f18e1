import { Context, DefaultServices, Effect, type Fiber, FiberRef, Option, Tracer } from "effect"

/** A fiber that is only asked what stands around it. */
export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** The tracer of a program that has none: nobody ever sees its spans. */
const nobodys = Context.get(DefaultServices.liveServices, Tracer.Tracer)

const visible = (span: Tracer.AnySpan | undefined): Tracer.AnySpan | undefined => {
  if (span === undefined || !Context.get(span.context, Tracer.DisablePropagation)) return span
  return span._tag === "Span" ? visible(Option.getOrUndefined(span.parent)) : undefined
}

/**
 * The span that a fiber stands in. Those that are nobody's parent are looked through: a function by
 * `Effect.fn` without a name makes one.
 */
export const spanOf = (fiber: AnyFiber): Tracer.AnySpan | undefined => visible(fiber.currentSpan)

/** Somebody sees its spans. What is part of a trace that is not recorded is not recorded either. */
export const isTraced = (fiber: AnyFiber): boolean =>
  fiber.currentTracer !== nobodys &&
  spanOf(fiber)?.sampled !== false &&
  fiber.getFiberRef(FiberRef.currentTracerEnabled)

/**
 * As `Effect.fn`, for what is called with nearly every request: the span is made only where somebody sees
 * it, and without a stack trace. Otherwise the two cost as much as a statement.
 */
export const fnWhereTraced =
  (name: string) =>
  <Args extends ReadonlyArray<unknown>, A, E, R>(
    f: (...args: Args) => Effect.Effect<A, E, R>
  ): ((...args: Args) => Effect.Effect<A, E, R>) =>
  (...args) =>
    Effect.withFiberRuntime((fiber) =>
      isTraced(fiber) ? Effect.withSpan(f(...args), name, { captureStackTrace: false }) : f(...args)
    )
