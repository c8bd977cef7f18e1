/** How many observations were at most so large, for each bound in ascending order; the last is endless. */
export type Buckets = ReadonlyArray<readonly [bound: number, atMost: number]>

/** What came between two looks at one histogram. */
export const since = (before: Buckets | undefined, after: Buckets): Buckets =>
  after.map(([bound, count], index) => [bound, count - (before?.[index]?.[1] ?? 0)])

/** The sum of two histograms with the same bounds. */
export const together = (one: Buckets | undefined, other: Buckets): Buckets =>
  other.map(([bound, count], index) => [bound, count + (one?.[index]?.[1] ?? 0)])

/**
 * The value below which a share of the observations lies, as Prometheus' histogram_quantile does it:
 * a straight line within the bucket. Null without observations. What is guessed so is never more than
 * the largest that was ever observed.
 */
export const quantile = (buckets: Buckets, share: number, largest: number): number | null => {
  const total = buckets.at(-1)?.[1] ?? 0
  if (total <= 0) return null
  const rank = share * total
  const index = buckets.findIndex(([, count]) => count >= rank)
  const [bound, count] = buckets[index] ?? [Number.POSITIVE_INFINITY, total]
  const [lower, below] = index > 0 ? (buckets[index - 1] ?? [0, 0]) : [0, 0]
  const upper = Math.max(lower, Math.min(bound, largest))
  return count === below ? upper : lower + ((upper - lower) * (rank - below)) / (count - below)
}
