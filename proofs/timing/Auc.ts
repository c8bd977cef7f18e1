/** How well one set of times can be told from another: 0.5 is not at all, 0 and 1 are always. */
export interface Auc {
  /** The chance that a time of the second set is longer than one of the first; a tie counts half. */
  readonly auc: number
  /** The 95 % confidence interval. */
  readonly low: number
  readonly high: number
}

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const variance = (values: ReadonlyArray<number>): number => {
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)
}

/** How many of some sorted values are below one, where equal ones count half. */
const below = (sorted: ReadonlyArray<number>, value: number): number => {
  const first = (isPast: (each: number) => boolean) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isPast(sorted[middle] ?? 0)) high = middle
      else low = middle + 1
    }
    return low
  }
  return (first((each) => each >= value) + first((each) => each > value)) / 2
}

/** The area under the curve of the Mann-Whitney rank test, with DeLong's interval. */
export const aucOf = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): Auc => {
  const sortedOne = one.toSorted((a, b) => a - b)
  const sortedOther = other.toSorted((a, b) => a - b)
  const ofOther = other.map((value) => below(sortedOne, value) / one.length)
  const ofOne = one.map((value) => 1 - below(sortedOther, value) / other.length)
  const auc = mean(ofOther)
  const error = Math.sqrt(variance(ofOther) / other.length + variance(ofOne) / one.length)
  return { auc, low: auc - 1.96 * error, high: auc + 1.96 * error }
}

/** Between these nobody can tell. */
export const limits = { least: 0.45, most: 0.55 } as const

/** Whether nobody can tell the two. */
export const isAlike = ({ auc }: Auc): boolean => auc >= limits.least && auc <= limits.most
