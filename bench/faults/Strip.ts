import type { ContestantRun } from "./ContestantRun.ts"
import { hasFailed, type Operation } from "./Operation.ts"
import { rectangle, text } from "./Svg.ts"

export const colours = {
  text: "#24292f",
  faint: "#6e7781",
  fault: "#e3e8ee",
  served: "#2da44e",
  failed: "#cf222e"
} as const

/** How times and counts become pixels, alike for all strips. */
export interface Scale {
  /** Where a time, in milliseconds from the beginning of a run, is drawn. */
  readonly x: (millis: number) => number
  /** Milliseconds that one bar stands for. */
  readonly bin: number
  readonly bins: number
  /** Operations in the tallest bar. */
  readonly most: number
}

/** Pixels above the base line, for what was served, and below it, for what failed. */
const above = 46
const below = 22

export const stripHeight = above + below

/** A single failure among thousands must be seen. */
const leastFailure = 3

/** How many operations ended within each bar. */
export const binned = (
  operations: ReadonlyArray<Operation>,
  { bin, bins }: Pick<Scale, "bin" | "bins">
): ReadonlyArray<number> => {
  const counts = new Array<number>(bins).fill(0)
  for (const { ended } of operations) {
    const at = Math.min(bins - 1, Math.floor(ended / bin))
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

export const served = ({ operations }: ContestantRun): ReadonlyArray<Operation> =>
  operations.filter((operation) => !hasFailed(operation))

const bars = (
  counts: ReadonlyArray<number>,
  scale: Scale,
  draw: (x: number, width: number, share: number) => string
) =>
  counts.flatMap((count, at) => {
    const x = scale.x(at * scale.bin)
    const width = scale.x((at + 1) * scale.bin) - x
    return count === 0 ? [] : [draw(x, width, count / scale.most)]
  })

/** One contestant: its faults, what it served and what it failed, and where it died. */
export const strip = (run: ContestantRun, scale: Scale, top: number): ReadonlyArray<string> => {
  const base = top + above
  const failed = run.operations.filter(hasFailed)
  return [
    ...run.struck.map(({ from, until }) => {
      const x = scale.x(from)
      const width = Math.max(1.5, scale.x(until) - x)
      return rectangle({ x, y: top, width, height: stripHeight }, colours.fault)
    }),
    ...bars(binned(served(run), scale), scale, (x, width, share) => {
      const height = share * above
      return rectangle({ x, y: base - height, width, height }, colours.served)
    }),
    ...bars(binned(failed, scale), scale, (x, width, share) => {
      const height = Math.min(below, Math.max(leastFailure, share * above))
      return rectangle({ x, y: base, width, height }, colours.failed)
    }),
    ...run.deaths.map(({ at }) =>
      text("✕", { x: scale.x(at) - 4, y: base - 4 }, { fill: colours.text })
    ),
    text(run.contestant, { x: scale.x(0) - 8, y: base }, { fill: colours.text, anchor: "end" })
  ]
}
