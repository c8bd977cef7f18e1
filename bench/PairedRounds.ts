import { Array as Arr, Duration, Effect } from "effect"
import type { Contestant } from "./Contestant.ts"
import { statements, type Workload } from "./Workload.ts"

/** How one contestant did in one round. */
export interface Sample {
  readonly operationsPerSecond: number
  /** Microseconds of processor time of this process, all its threads, for one operation. */
  readonly processorTime: number
}

/** How long the rounds are, and how many. */
export interface Schedule {
  readonly rounds: number
  readonly slice: Duration.Duration
  /** Statements of each contestant before the first round, for the compiler to have seen enough. */
  readonly warmUp: number
}

/** Repeats an operation, `fibers` times at once, for as long as `goesOn` says. */
const sample = (
  { operations }: Contestant,
  { fibers, operation }: Workload,
  goesOn: (count: number, elapsed: number) => boolean
): Effect.Effect<Sample, unknown> =>
  Effect.suspend(() => {
    let count = 0
    const usage = process.cpuUsage()
    const start = performance.now()
    const loop = Effect.whileLoop({
      while: () => goesOn(count, performance.now() - start),
      body: () => operations[operation],
      step: () => {
        count++
      }
    })
    return Effect.map(Effect.all(Arr.replicate(loop, fibers), { concurrency: fibers }), () => {
      const seconds = (performance.now() - start) / 1000
      const { system, user } = process.cpuUsage(usage)
      return { operationsPerSecond: count / seconds, processorTime: (user + system) / count }
    })
  })

/**
 * Lets the contestants take turns in short rounds, in one order and then in the other (A B B A), so
 * that a busy moment of the machine hits all alike. Answers with the samples by contestant, in the
 * order of the rounds.
 */
export const pairedRounds = (
  contestants: ReadonlyArray<Contestant>,
  workload: Workload,
  { rounds, slice, warmUp }: Schedule
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<Sample>>, unknown> =>
  Effect.gen(function* () {
    const samples = new Map(contestants.map(({ name }): [string, Array<Sample>] => [name, []]))
    const warm = (count: number) => count < warmUp / statements[workload.operation]
    for (const each of contestants) yield* sample(each, workload, warm)
    const inSlice = (_: number, elapsed: number) => elapsed < Duration.toMillis(slice)
    for (let round = 0; round < rounds; round++) {
      for (const each of round % 2 === 0 ? contestants : contestants.toReversed()) {
        samples.get(each.name)?.push(yield* sample(each, workload, inSlice))
      }
    }
    return samples
  })
