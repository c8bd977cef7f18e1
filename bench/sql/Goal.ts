import type { Spread } from "../Statistics.ts"
import { own } from "./Contestant.ts"
import { advantage, type Result, slowdown } from "./Result.ts"
import { growth, statements, transactions, type Workload } from "./Workload.ts"

/** What is wanted, and whether it is so. */
export interface Verdict {
  readonly goal: string
  /** Of each of {@link own}, in its order. */
  readonly measured: ReadonlyArray<Spread>
  /** By all of them. */
  readonly isMet: boolean
  /** By the first: holdfast as it is, without a call of `PgClient.replay`. */
  readonly isMetByDefault: boolean
}

const verdict = (
  goal: string,
  measured: ReadonlyArray<Spread>,
  isReached: (median: number) => boolean
): Verdict => {
  const [byDefault = false, ...others] = measured.map(({ median }) => isReached(median))
  return {
    goal,
    measured,
    isMet: byDefault && others.every((each) => each),
    isMetByDefault: byDefault
  }
}

/** To be at least so many times as fast as somebody. */
export interface Goal {
  readonly against: string
  readonly atLeast: number
}

const ofStatements: ReadonlyArray<Goal> = [
  { against: "@effect/sql-pg", atLeast: 2 },
  { against: "pg.Pool", atLeast: 1.2 },
  { against: "postgres.js", atLeast: 1 }
]

const ofTransactions: ReadonlyArray<Goal> = [{ against: "@effect/sql-pg", atLeast: 1.5 }]

/** What is called flat: of the time with a hundred callers, when nearly all of them wait already. */
const flat = 1.2
const crowd = 100

const isIn = (all: ReadonlyArray<Workload>, { name }: Workload) =>
  all.some((each) => each.name === name)

/** How many times as fast as whom holdfast is to be at a workload. */
export const goalsOf = (workload: Workload): ReadonlyArray<Goal> => {
  if (isIn(statements, workload)) return ofStatements
  return isIn(transactions, workload) ? ofTransactions : []
}

const speed = (result: Result): ReadonlyArray<Verdict> =>
  goalsOf(result.workload).map(({ against, atLeast }) =>
    verdict(
      `${result.workload.name}: at least ${atLeast.toFixed(1)} x ${against}`,
      own.map((name) => advantage(result, name, against)),
      (median) => median >= atLeast
    )
  )

const flatness = (results: ReadonlyArray<Result>): ReadonlyArray<Verdict> => {
  const grown = results.filter(({ workload }) => isIn(growth, workload))
  const few = grown.find(({ workload }) => workload.callers === crowd)
  if (few === undefined) return []
  return grown
    .filter(({ workload }) => workload.callers > crowd)
    .map((many) =>
      verdict(
        `${many.workload.name}: at most ${flat} x the time of ${crowd} callers`,
        own.map((name) => slowdown(many, few, name)),
        (median) => median <= flat
      )
    )
}

/** The goals of all that was measured. */
export const verdicts = (results: ReadonlyArray<Result>): ReadonlyArray<Verdict> => [
  ...results.flatMap(speed),
  ...flatness(results)
]
