import { availableParallelism } from "node:os"
import { Duration, Effect } from "effect"
import { packageVersions } from "../PackageVersion.ts"
import type { Contestant } from "./Contestant.ts"
import type { ContestantRun } from "./ContestantRun.ts"
import type { FaultName } from "./Fault.ts"
import { runContestant } from "./Run.ts"
import type { Slot } from "./Schedule.ts"

/** All contestants on one schedule, and on what. */
export interface Comparison {
  readonly contestants: ReadonlyArray<Contestant>
  /** In the order of the contestants. */
  readonly runs: ReadonlyArray<ContestantRun>
  /** By the package's name. */
  readonly versions: Readonly<Record<string, string>>
  readonly nodeVersion: string
  readonly processors: number
  readonly took: Duration.Duration
}

/** Lets one contestant after the other meet a schedule, and tells `progress` what strikes whom. */
export const compare = (options: {
  readonly contestants: ReadonlyArray<Contestant>
  readonly schedule: ReadonlyArray<Slot>
  readonly progress: (contestant: string, fault: FaultName) => Effect.Effect<void>
}) =>
  Effect.gen(function* () {
    const { contestants, progress, schedule } = options
    const run = (each: Contestant) =>
      runContestant(each, schedule, (fault) => progress(each.name, fault))
    const [took, runs] = yield* Effect.timed(Effect.forEach(contestants, run))
    const packages = contestants.map(({ packageName }) => packageName)
    return {
      contestants,
      runs,
      versions: yield* packageVersions(packages),
      nodeVersion: process.versions.node,
      processors: availableParallelism(),
      took: Duration.seconds(Math.round(Duration.toSeconds(took)))
    } satisfies Comparison
  })
