import { PCGRandom } from "effect/Utils"

/**
 * When callers come who know nothing of each other: so many per second on average, in milliseconds from
 * the beginning, up to the end. The same ones for the same seed.
 */
export const arrivals = (options: {
  readonly seed: number
  readonly perSecond: number
  readonly millis: number
}): ReadonlyArray<number> => {
  const dice = new PCGRandom(options.seed)
  const times: Array<number> = []
  const gap = () => (-1000 / options.perSecond) * Math.log(1 - dice.number())
  for (let at = gap(); at < options.millis; at += gap()) times.push(at)
  return times
}
