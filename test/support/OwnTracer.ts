import { Effect, Tracer } from "effect"

/** A tracer of the program's own: not the one that every program has, whose spans nobody sees. */
export const ownTracer = Effect.map(Effect.tracer, ({ context, span }) =>
  Tracer.make({ context, span })
)
