import { Array as Arr, Duration, Effect } from "effect"
import type { Caller } from "./Caller.ts"

/** How one entrant did in one round. */
export interface Sample {
  readonly operationsPerSecond: number
  /** Microseconds of processor time of this process, all its threads, for one operation. */
  readonly processorTime: number
}

/** By the entrant's name, in the order of the rounds. */
export type Samples = ReadonlyMap<string, ReadonlyArray<Sample>>

/** How long the rounds are, and how many. */
export interface Schedule {
  readonly rounds: number
  readonly slice: Duration.Duration
  /** Operations of each entrant before the first round, for the compiler to have seen enough. */
  readonly warmUp: number
}

/** Who takes turns with others at one workload. */
export interface Entrant {
  readonly name: string
  readonly caller: Caller
}

const together = (
  { caller }: Entrant,
  callers: number,
  goesOn: () => boolean,
  done: () => void
): Effect.Effect<void, unknown> =>
  Effect.all(Arr.replicate(caller(goesOn, done), callers), {
    concurrency: "unbounded",
    discard: true
  })

const warmed = (entrant: Entrant, callers: number, operations: number) =>
  Effect.suspend(() => {
    let count = 0
    return together(
      entrant,
      callers,
      () => count < operations,
      () => {
        count++
      }
    )
  })

/** Of what was done while all callers were there: neither while they came nor while they left. */
class Stopwatch {
  private readonly slice: number
  private count: number
  private start = Number.POSITIVE_INFINITY
  private usage = process.cpuUsage()
  private taken: Sample | undefined

  constructor(callers: number, slice: Duration.Duration) {
    this.count = -callers
    this.slice = Duration.toMillis(slice)
  }

  readonly done = (): void => {
    this.count++
    if (this.count !== 0) return
    this.usage = process.cpuUsage()
    this.start = performance.now()
  }

  readonly goesOn = (): boolean => {
    if (this.taken !== undefined) return false
    const elapsed = performance.now() - this.start
    if (elapsed < this.slice || this.count < 1) return true
    const { system, user } = process.cpuUsage(this.usage)
    this.taken = {
      operationsPerSecond: (this.count / elapsed) * 1000,
      processorTime: (user + system) / this.count
    }
    return false
  }

  get sample(): Sample {
    return this.taken ?? { operationsPerSecond: Number.NaN, processorTime: Number.NaN }
  }
}

const sampled = (entrant: Entrant, callers: number, slice: Duration.Duration) =>
  Effect.suspend(() => {
    const watch = new Stopwatch(callers, slice)
    return Effect.map(together(entrant, callers, watch.goesOn, watch.done), () => watch.sample)
  })

/**
 * Lets the entrants take turns in short rounds, in one order and then in the other (A B B A), so that a
 * busy moment of the machine hits all alike. Each has that many callers at once.
 */
export const pairedRounds = (
  entrants: ReadonlyArray<Entrant>,
  callers: number,
  { rounds, slice, warmUp }: Schedule
): Effect.Effect<Samples, unknown> =>
  Effect.gen(function* () {
    const samples = new Map(entrants.map(({ name }): [string, Array<Sample>] => [name, []]))
    for (const each of entrants) yield* warmed(each, callers, warmUp)
    for (let round = 0; round < rounds; round++) {
      for (const each of round % 2 === 0 ? entrants : entrants.toReversed()) {
        samples.get(each.name)?.push(yield* sampled(each, callers, slice))
      }
    }
    return samples
  })
