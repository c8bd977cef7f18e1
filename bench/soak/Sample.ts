import { quantile } from "../../proofs/interrupts/Timing.ts"
import type { Holding } from "./ProbedService.ts"
import type { Point } from "./Trend.ts"
import type { Visits } from "./Visitors.ts"

/** What was seen at the end of an interval. */
export interface Sample {
  /** In hours from the beginning. */
  readonly at: number
  readonly holding: Holding
  readonly visits: Visits
}

/** Something that must not grow. */
export interface Quantity {
  readonly name: string
  readonly unit: string
  readonly digits: number
  readonly of: (sample: Sample) => number
}

const mebibytes = 2 ** 20

const time = (name: string, kind: "lookUps" | "signUps", share: number): Quantity => ({
  name,
  unit: "ms",
  digits: 2,
  of: ({ visits }) => quantile(visits[kind], share)
})

/** All that is looked at. */
export const quantities: ReadonlyArray<Quantity> = [
  {
    name: "heap after a collection",
    unit: "MiB",
    digits: 2,
    of: ({ holding }) => holding.heap / mebibytes
  },
  { name: "resident memory", unit: "MiB", digits: 1, of: ({ holding }) => holding.rss / mebibytes },
  { name: "handles", unit: "", digits: 1, of: ({ holding }) => holding.handles },
  { name: "open sockets", unit: "", digits: 1, of: ({ holding }) => holding.sockets },
  time("look-ups, median", "lookUps", 0.5),
  time("look-ups, p99", "lookUps", 0.99),
  time("sign-ups, median", "signUps", 0.5),
  time("sign-ups, p99", "signUps", 0.99)
]

/** A quantity over time. */
export const pointsOf = ({ of }: Quantity, samples: ReadonlyArray<Sample>): ReadonlyArray<Point> =>
  samples.map((sample) => ({ at: sample.at, value: of(sample) }))
