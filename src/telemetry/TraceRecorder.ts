import { Effect, Option, type Random, Tracer } from "effect"
import { endOf } from "./SpanEnd.ts"
import { UnrecordedSpan } from "./UnrecordedSpan.ts"

/** Asked every few seconds, for ever, and never of interest. */
const probes = /^\w+ \/(health|metrics)(\/|$)/

/** A trace is recorded as a whole: what began elsewhere as was decided there. */
const isRecorded = (
  name: string,
  parent: Option.Option<Tracer.AnySpan>,
  isDrawn: () => boolean
): boolean =>
  !probes.test(name) && Option.match(parent, { onSome: ({ sampled }) => sampled, onNone: isDrawn })

/** Lets out of a span only what may be seen: no words of errors, no lines of the log. */
const discreet = (span: Tracer.Span): Tracer.Span => {
  const { end, event } = span
  span.end = (endTime, exit) => end.call(span, endTime, endOf(span, exit))
  span.event = (name, time, attributes) => {
    // Effect writes each line that is logged in a span into it. A letter may be among them.
    if (attributes === undefined || !("effect.logLevel" in attributes)) {
      event.call(span, name, time, attributes)
    }
  }
  return span
}

/** The tracer, of which only a part of the traces is recorded, and of those nothing secret. */
export const recorder = (
  tracer: Tracer.Tracer,
  ratio: number,
  random: Random.Random
): Tracer.Tracer => {
  // A tracer makes its spans at once, in the middle of the fiber whose they are.
  const isDrawn = () => ratio >= 1 || Effect.runSync(random.next) < ratio
  return Tracer.make({
    span: (name, parent, context, links, startTime, kind, options) =>
      isRecorded(name, parent, isDrawn)
        ? discreet(tracer.span(name, parent, context, links, startTime, kind, options))
        : new UnrecordedSpan({ name, parent, context, startTime, kind }),
    context: tracer.context
  })
}
