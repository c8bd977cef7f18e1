import { Array as Arr, Duration, Record } from "effect"
import type { ContestantRun, Struck } from "./ContestantRun.ts"
import type { FaultName } from "./Fault.ts"
import { judge, type Offence, offences } from "./Judgement.ts"
import { hasFailed, lasted, type Operation } from "./Operation.ts"

/** How a contestant met one fault. Times are milliseconds. */
export interface FaultScore {
  readonly fault: FaultName
  readonly failed: number
  /** Undefined if there was no operation, since none before had ended. */
  readonly slowest: number | undefined
  /** To the end of the first success that began under it; undefined if there was none. */
  readonly firstSuccess: number | undefined
}

/** How a contestant did. Times are milliseconds. */
export interface Score {
  readonly contestant: string
  readonly operations: number
  /** Callers were told so, or nothing. */
  readonly failed: number
  readonly offences: Readonly<Record<Offence, number>>
  readonly slowest: number
  readonly deaths: number
  /** How long no process could be asked. */
  readonly away: number
  readonly opened: number
  readonly faults: ReadonlyArray<FaultScore>
}

/** An operation that has lasted for longer when a fault strikes is a victim of the one before. */
const patienceWithEarlier = 1000

/**
 * The fault that an operation met: the one that struck during it, unless it was stuck by then; else
 * the latest one before. Undefined where none had struck yet.
 */
export const metBy = (
  { began, ended }: Operation,
  struck: ReadonlyArray<Struck>
): FaultName | undefined => {
  const during = struck.find(({ from }) => from > began && from <= ended)
  if (during !== undefined && during.from - began < patienceWithEarlier) return during.fault.name
  return struck.findLast(({ from }) => from <= began)?.fault.name
}

const longest = (operations: ReadonlyArray<Operation>): number =>
  operations.reduce((most, operation) => Math.max(most, lasted(operation)), 0)

const firstSuccess = (operations: ReadonlyArray<Operation>, from: number): number | undefined => {
  const ends = operations
    .filter((operation) => !hasFailed(operation) && operation.began >= from)
    .map(({ ended }) => ended - from)
  return ends.length === 0 ? undefined : ends.reduce((one, other) => Math.min(one, other))
}

const faultScores = ({ operations, struck }: ContestantRun): ReadonlyArray<FaultScore> => {
  const byFault = Arr.groupBy(operations, (operation) => metBy(operation, struck) ?? "warm-up")
  return struck.map(({ fault, from }) => {
    const own = byFault[fault.name] ?? []
    return {
      fault: fault.name,
      failed: own.filter(hasFailed).length,
      slowest: own.length === 0 ? undefined : longest(own),
      firstSuccess: firstSuccess(own, from)
    }
  })
}

const count = (run: ContestantRun): Readonly<Record<Offence, number>> => {
  const judgements = Arr.groupBy(run.operations, (operation) => judge(operation, run.truth))
  return Record.map(offences, (_, offence) => judgements[offence]?.length ?? 0)
}

const awayOf = ({ deaths, took }: ContestantRun): number =>
  deaths.reduce((sum, { at, backAt }) => sum + (backAt ?? Duration.toMillis(took)) - at, 0)

/** What a run comes to. */
export const scoreOf = (run: ContestantRun): Score => ({
  contestant: run.contestant,
  operations: run.operations.length,
  failed: run.operations.filter(hasFailed).length,
  offences: count(run),
  slowest: longest(run.operations),
  deaths: run.deaths.length,
  away: awayOf(run),
  opened: run.opened,
  faults: faultScores(run)
})
