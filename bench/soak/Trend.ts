/** A figure at a time, in hours from the beginning. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** The straight line that lies closest to the second half of a row of figures. */
export interface Trend {
  readonly mean: number
  /** What it gains in an hour. */
  readonly slope: number
  /** The slope's standard error: what the figures scatter around the line says how far it can be trusted. */
  readonly error: number
  /** The slope is beyond chance, and comes to something. */
  readonly isGrowth: boolean
}

/** Chance exceeds so many standard errors once in some 700 rows. */
const beyondChance = 3

/** Below so much of the mean within the half it is not called growth, however sure. */
const least = 0.02

const mean = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const sum = (points: ReadonlyArray<Point>, term: (point: Point) => number) =>
  points.reduce((total, point) => total + term(point), 0)

/** Of those points whose time is in the second half. Fails for fewer than three of them. */
export const trendOf = (points: ReadonlyArray<Point>): Trend => {
  const end = Math.max(...points.map(({ at }) => at))
  const half = points.filter(({ at }) => at >= end / 2)
  if (half.length < 3) throw new RangeError(`${half.length} points have no trend`)
  const [middle, level] = [mean(half.map(({ at }) => at)), mean(half.map(({ value }) => value))]
  const width = sum(half, ({ at }) => (at - middle) ** 2)
  const slope = sum(half, ({ at, value }) => (at - middle) * (value - level)) / width
  const scatter = sum(half, ({ at, value }) => (value - level - slope * (at - middle)) ** 2)
  const error = Math.sqrt(scatter / (half.length - 2) / width)
  const rise = slope * (end / 2)
  return {
    mean: level,
    slope,
    error,
    isGrowth: slope > beyondChance * error && rise > least * level
  }
}
