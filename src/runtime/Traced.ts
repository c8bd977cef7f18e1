import { Context, DefaultServices, type Fiber, FiberRef, Tracer } from "effect"

/** A fiber that is only asked what stands around it. */
export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** The tracer of a program that has none: nobody ever sees its spans. */
const nobodys = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Somebody sees its spans. What is part of a trace that is not recorded is not recorded either. */
export const isTraced = (fiber: AnyFiber): boolean =>
  fiber.currentTracer !== nobodys &&
  fiber.currentSpan?.sampled !== false &&
  fiber.getFiberRef(FiberRef.currentTracerEnabled)
