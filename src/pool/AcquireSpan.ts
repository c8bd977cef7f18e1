import { type Clock, Context, Exit, FiberId, Option, type Tracer } from "effect"
import { type AnyFiber, isTraced, spanOf } from "../runtime/Traced.ts"
import { wordOf } from "./Breaker.ts"
import type { Input } from "./PoolCommand.ts"
import type { AcquireError } from "./PoolError.ts"
import type { State } from "./PoolState.ts"

/** What ended the wait, in words. */
const waitedFor = (input: Input): string => {
  switch (input._tag) {
    case "Acquire":
      return "nothing"
    case "Connected":
      return "dial"
    case "Proven":
      return input.proof === "turn" ? "turn of the event loop" : "validation"
    default:
      return "connection of another caller"
  }
}

const name = (suffix: string) => `db.client.connection.${suffix}`

/** The span of one caller's acquire: how long it took, what for, and behind whom. */
export class AcquireSpan {
  private readonly span: Tracer.Span
  private readonly clock: Clock.Clock
  private readonly failuresBefore: number

  private constructor(span: Tracer.Span, clock: Clock.Clock, state: State) {
    this.span = span
    this.clock = clock
    this.failuresBefore = state.failures
    span.attribute(name("callers_before"), state.waiting.size)
    span.attribute(name("breaker"), wordOf(state.breaker))
  }

  /** Begins in the span that the fiber stands in; none where nobody would see it. */
  static begin(fiber: AnyFiber, clock: Clock.Clock, state: State): AcquireSpan | undefined {
    const { currentTracer } = fiber
    const around = spanOf(fiber)
    if (around === undefined || currentTracer === undefined || !isTraced(fiber)) return undefined
    const parent = Option.some(around)
    const start = clock.unsafeCurrentTimeNanos()
    const span = currentTracer.span("Pool.acquire", parent, Context.empty(), [], start, "internal")
    return new AcquireSpan(span, clock, state)
  }

  /** A connection was lent because of this input. */
  served(input: Input, state: State): void {
    this.span.attribute(name("waited_for"), waitedFor(input))
    this.end(Exit.void, state)
  }

  refused(error: AcquireError, state: State): void {
    this.end(Exit.fail(error), state)
  }

  /** The caller has left. */
  left(state: State): void {
    this.end(Exit.interrupt(FiberId.none), state)
  }

  private end(exit: Exit.Exit<void, AcquireError>, state: State): void {
    this.span.attribute(name("failures"), state.failures - this.failuresBefore)
    this.span.end(this.clock.unsafeCurrentTimeNanos(), exit)
  }
}
