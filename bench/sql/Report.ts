import type { Comparison } from "./Comparison.ts"
import { own } from "./Contestant.ts"
import { bytes, count, microseconds, ratio } from "./Figures.ts"
import { verdicts } from "./Goal.ts"
import { advantage, type Result, standing } from "./Result.ts"

type Row = ReadonlyArray<string>

/** What the columns of {@link rows} are called, in the words of a terminal. */
export const head: Row = ["", "a second", "us", "CPU us", ...own.map((name) => `${name}: times`)]

/** A row for each contestant of a workload. */
export const rows = (result: Result): ReadonlyArray<Row> =>
  [...result.samples.keys()].map((name) => {
    const { operationsPerSecond, processorTime, time } = standing(result, name)
    return [
      name,
      count(operationsPerSecond),
      microseconds(time),
      microseconds(processorTime),
      ...own.map((ours) => (ours === name ? "" : ratio(advantage(result, ours, name))))
    ]
  })

const aligned = (lines: ReadonlyArray<Row>): string => {
  const columns = lines[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((row) => row[column]?.length ?? 0))
  )
  const line = (row: Row) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")
  return lines.map(line).join("\n")
}

/** A workload for a terminal: how fast each was, what it cost, and how holdfast stands to it. */
export const report = (result: Result): string =>
  `${result.workload.name}\n${aligned([head, ...rows(result)])}\n`

/** What memory each holds, in rows. */
export const memoryRows = ({ footprints }: Comparison): ReadonlyArray<Row> =>
  [...footprints].map(([name, { fiber, idleConnection, waiter }]) => [
    name,
    ...[idleConnection, waiter, fiber].flatMap(({ heap, resident }) => [
      bytes(heap),
      bytes(resident)
    ])
  ])

/** What the columns of {@link memoryRows} are called. */
export const memoryHead: Row = [
  "",
  "idle connection: heap",
  "resident",
  "waiter: heap",
  "resident",
  "fiber alone: heap",
  "resident"
]

/** Of all workloads: memory, and which goals are met. */
export const summary = (comparison: Comparison): string => {
  const memory = memoryRows(comparison)
  const goals = verdicts(comparison.results).map(
    ({ goal, isMet, measured }) =>
      `${isMet ? "met   " : "missed"}  ${goal}: ${measured.map(ratio).join(", replayed ")}`
  )
  const table = memory.length === 0 ? [] : ["memory", aligned([memoryHead, ...memory]), ""]
  return [...table, ...goals].join("\n")
}
