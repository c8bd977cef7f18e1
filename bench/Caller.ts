import { Effect, identity } from "effect"

/**
 * Does the same again as soon as it is done, while `goesOn`, and says each time that it is `done`. In
 * the loop that its kind of code is written in: nobody pays for the other's.
 */
export type Caller = (goesOn: () => boolean, done: () => void) => Effect.Effect<void, unknown>

/** One who runs an effect. */
export const effectCaller =
  (operation: Effect.Effect<unknown, unknown>): Caller =>
  (goesOn, done) =>
    Effect.whileLoop({ while: goesOn, body: () => operation, step: done })

/** One who awaits a promise. */
export const promiseCaller =
  (operation: () => Promise<unknown>): Caller =>
  (goesOn, done) =>
    Effect.tryPromise({
      try: async () => {
        while (goesOn()) {
          await operation()
          done()
        }
      },
      catch: identity
    })

/** Does it once. */
export const once = (caller: Caller): Effect.Effect<void, unknown> =>
  Effect.suspend(() => {
    let isDone = false
    return caller(
      () => !isDone,
      () => {
        isDone = true
      }
    )
  })
