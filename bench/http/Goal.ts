import { ratios, type Spread, spread } from "../Statistics.ts"

/** One goal of the project, and how far it is reached. */
export interface Goal {
  readonly text: string
  /** Of the rounds. */
  readonly reached: Spread
  readonly unit: string
  readonly isMet: boolean
}

/** The median must be so much, at least or at most. */
export interface Bound {
  readonly least?: number
  readonly most?: number
}

const isWithin = (value: number, { least = 0, most = Number.POSITIVE_INFINITY }: Bound) =>
  value >= least && value <= most

/** Values must keep a bound. */
export const goal = (
  text: string,
  values: ReadonlyArray<number>,
  unit: string,
  bound: Bound
): Goal => {
  const reached = spread(values)
  return { text, reached, unit, isMet: isWithin(reached.median, bound) }
}

/** The quotients of two that were measured in the same rounds must keep a bound. */
export const ratioGoal = (
  text: string,
  ours: ReadonlyArray<number>,
  theirs: ReadonlyArray<number>,
  bound: Bound
): Goal => goal(text, ratios(ours, theirs), "x", bound)
