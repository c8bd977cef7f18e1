import { Effect } from "effect"

/**
 * As `Effect.async`, but what has begun is either done or cancelled, wherever its fiber is interrupted.
 * `Effect.async` itself loses its canceller where the fiber gives way, as it does every 2,048
 * operations, between beginning and waiting, and is interrupted then: it guards the wait, this both.
 */
export const undertaking = <A, E = never>(
  begin: (resume: (result: Effect.Effect<A, E>) => void) => Effect.Effect<void>
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    let cancel: Effect.Effect<void> = Effect.void
    const wait = Effect.async<A, E>((resume) => {
      cancel = begin(resume)
    })
    return Effect.onInterrupt(wait, () => cancel)
  })
