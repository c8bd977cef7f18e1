import { Effect } from "effect"

/**
 * As `Effect.async`, but what has begun is always either ended or cancelled. `Effect.async` itself
 * loses its canceller where the fiber gives way between beginning and waiting, and is interrupted then.
 */
export const undertaking = <A, E = never>(
  begin: (resume: (result: Effect.Effect<A, E>) => void) => () => void
): Effect.Effect<A, E> =>
  Effect.uninterruptibleMask((restore) => {
    let result: Effect.Effect<A, E> | undefined
    let tell = (given: Effect.Effect<A, E>): void => {
      result = given
    }
    const cancel = begin((given) => tell(given))
    const wait = Effect.async<A, E>((resume) => {
      if (result === undefined) tell = resume
      else resume(result)
    })
    return Effect.onInterrupt(restore(wait), () => Effect.sync(cancel))
  })
