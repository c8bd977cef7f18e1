import { Effect } from "effect"
import type { Probe } from "./Order.ts"

/** Asks again and again, 10 ms after each answer, and notes how long each took. */
export const probing = <E>(question: Effect.Effect<unknown, E>, into: Array<Probe>) =>
  Effect.suspend(() => {
    const [at, begun] = [Date.now(), performance.now()]
    return Effect.map(question, () => into.push({ at, millis: performance.now() - begun }))
  }).pipe(Effect.ignore, Effect.zipRight(Effect.sleep("10 millis")), Effect.forever)
