import type { Sample } from "./PairedRounds.ts"
import { median, ratios, spread } from "./Statistics.ts"
import { statements, type Workload } from "./Workload.ts"

/** By the contestant's name, in the order of the rounds. */
export type Samples = ReadonlyMap<string, ReadonlyArray<Sample>>

/** Whose values the others are divided by. */
const reference = "stock"

const header = ["", "op/s", "of stock's", "us/statement", "CPU us/statement", "of stock's"]

/** Median of the quotients, and how far they reach. */
const against = (own: ReadonlyArray<number>, theirs: ReadonlyArray<number>): string => {
  const { max, median, min } = spread(ratios(own, theirs))
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`
}

const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")
  return rows.map(line).join("\n")
}

/** One workload: how fast each contestant was, what a statement cost it, and stock's part of both. */
export const report = ({ name, operation }: Workload, samples: Samples): string => {
  const rates = (contestant: string) =>
    (samples.get(contestant) ?? []).map((each) => each.operationsPerSecond)
  const times = (contestant: string) =>
    (samples.get(contestant) ?? []).map((each) => each.processorTime)
  const rows = [...samples.keys()].map((contestant) => {
    const rate = median(rates(contestant))
    return [
      contestant,
      rate.toFixed(0),
      against(rates(contestant), rates(reference)),
      (1e6 / rate / statements[operation]).toFixed(1),
      (median(times(contestant)) / statements[operation]).toFixed(1),
      against(times(contestant), times(reference))
    ]
  })
  return `${name}\n${aligned([header, ...rows])}\n`
}
