import { Duration } from "effect"
import type { Sample } from "../../../bench/PairedRounds.ts"
import type { Comparison } from "../../../bench/sql/Comparison.ts"
import { contestants } from "../../../bench/sql/Contestant.ts"
import type { Result } from "../../../bench/sql/Result.ts"
import { growth, statements, transactions, type Workload } from "../../../bench/sql/Workload.ts"

const sample = (operationsPerSecond: number): Sample => ({ operationsPerSecond, processorTime: 20 })

/** Three rounds of a workload, in which each did so many operations a second, or a thousand. */
export const resultOf = (
  workload: Workload,
  rates: Readonly<Record<string, ReadonlyArray<number>>> = {}
): Result => ({
  workload,
  samples: new Map(
    contestants.map(({ name }) => [name, (rates[name] ?? [1000, 1000, 1000]).map(sample)])
  )
})

const memory = (heap: number) => ({ heap, resident: heap * 2 })

const footprint = {
  idleConnection: memory(60_000),
  waiter: memory(3000),
  fiber: memory(1000)
}

/** Everything, with holdfast twice as fast as all others. */
export const comparison: Comparison = {
  results: [...statements, ...transactions, ...growth].map((workload) =>
    resultOf(workload, {
      holdfast: [2000, 2000, 2000],
      "holdfast, replayed": [2000, 2000, 2000]
    })
  ),
  footprints: new Map([
    ["@effect/sql-pg", footprint],
    ["holdfast", footprint]
  ]),
  schedule: { rounds: 3, slice: Duration.millis(200), warmUp: 0 },
  machine: {
    processors: "2 processors (A Processor)",
    memory: "16 GiB of memory",
    system: "Linux 6.1",
    nodeVersion: "20.20.2",
    postgresVersion: "18.4"
  },
  versions: { pg: "8.23.1", postgres: "3.4.9", "@effect/sql-pg": "0.53.0", holdfast: "0.1.0" },
  took: Duration.minutes(7)
}
