/** The middle of the values and how far they reach. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Half of the values lie at or below it; the mean of the two middle ones where there are two. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  if (upper === undefined) throw new RangeError("no values have no median")
  const lower = sorted[Math.ceil(middle) - 1] ?? upper
  return (lower + upper) / 2
}

/** Fails for no values. */
export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values)
})

/**
 * Our value over theirs, round by round: what disturbs a round disturbs both, so the quotients stay
 * together where the values themselves do not. Both lists are in the order of the rounds.
 */
export const ratios = (
  ours: ReadonlyArray<number>,
  theirs: ReadonlyArray<number>
): ReadonlyArray<number> => {
  if (ours.length !== theirs.length) {
    throw new RangeError(`${ours.length} values can't be paired with ${theirs.length}`)
  }
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN))
}
