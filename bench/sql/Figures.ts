import type { Spread } from "../Statistics.ts"

/** Of a second, in whole numbers: "12,345". */
export const count = (value: number): string => Math.round(value).toLocaleString("en")

/** Microseconds, with a tenth. */
export const microseconds = (value: number): string => value.toFixed(1)

/** The middle, the least and the most: "1.53 (1.40 to 1.61)". */
export const ratio = ({ max, median, min }: Spread): string =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`

/** Bytes, in thousands where there are many. */
export const bytes = (value: number): string =>
  Math.abs(value) < 10_000 ? `${Math.round(value)} B` : `${Math.round(value / 1000)} kB`
