import { Duration } from "effect"
import type { ContestantRun, Struck } from "./ContestantRun.ts"
import { promised } from "./Fault.ts"
import { offences } from "./Judgement.ts"
import type { FaultScore, Score } from "./Score.ts"
import { span } from "./Span.ts"

/** How long the longest operation may take under a fault, in milliseconds. */
const limitOf = ({ fault, from, until }: Struck): number =>
  Duration.toMillis(promised(fault, Duration.millis(until - from)))

const slow = (struck: ReadonlyArray<Struck>, { fault, slowest = 0 }: FaultScore) =>
  struck
    .filter((each) => each.fault.name === fault && slowest > limitOf(each))
    .map((each) => `${fault}: an operation took ${span(slowest)}, of ${span(limitOf(each))}`)

/**
 * What a contestant did that holdfast promises not to do: to fail, to be wrong about what was
 * written, to die, or to take longer than the outage and a second, or 3 s in a black hole.
 */
export const brokenPromises = (run: ContestantRun, score: Score): ReadonlyArray<string> => {
  const counted = [
    ["failed", score.failed] as const,
    ...Object.entries(offences).map(
      ([offence, what]) => [what, score.offences[offence as keyof typeof offences]] as const
    ),
    ["deaths of the process", score.deaths] as const
  ]
  return [
    ...counted.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`),
    ...score.faults.flatMap((each) => slow(run.struck, each))
  ]
}
