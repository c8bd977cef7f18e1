import { Effect } from "effect"

/**
 * A turn of the event loop: all that waits in the kernel's sockets now is read before it ends.
 *
 * What is asked for while sockets are read comes right behind that, in the same round of the loop, before
 * those are read that were not looked at yet. So it is asked for twice: between the two all are read.
 */
export const turn: Effect.Effect<void> = Effect.async((resume) => {
  let handle = setImmediate(() => {
    handle = setImmediate(() => resume(Effect.void))
  })
  return Effect.sync(() => clearImmediate(handle))
})
