import { Effect } from "effect"

/** To the next turn of the event loop: all that waits in the kernel's sockets is read before. */
export const turn: Effect.Effect<void> = Effect.async((resume) => {
  const handle = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(handle))
})
