import type { InterruptsRun, NetworkRun } from "./Run.ts"

/** Something that must not happen, and how often it did. */
export interface Zero {
  readonly what: string
  readonly count: number
}

const total = (runs: ReadonlyArray<NetworkRun>, of: (run: NetworkRun) => number): number =>
  runs.reduce((sum, run) => sum + of(run), 0)

const defectsOf = ({ accounts }: NetworkRun): number =>
  accounts.filter(({ ending, strike }) =>
    [ending, strike?.ending].some((e) => e?._tag === "Defect")
  ).length

/** The verdict: every count must be zero. */
export const zerosOf = ({
  marks,
  runs
}: Pick<InterruptsRun, "marks" | "runs">): ReadonlyArray<Zero> => {
  const both = (of: "cancelled" | "failed" | "wrong") =>
    total(runs, ({ bystanders, innocence }) => innocence[of] + bystanders[of])
  const left = (of: keyof NetworkRun["settlement"]) => total(runs, (run) => run.settlement[of])
  return [
    { what: "slots still lent", count: left("active") },
    { what: "callers still waiting", count: left("waiting") },
    { what: "connections above the maximum", count: left("excess") },
    { what: "slots that could not be had", count: left("missing") },
    { what: "innocent statements cancelled", count: both("cancelled") },
    { what: "innocent statements with a wrong answer", count: both("wrong") },
    { what: "innocent statements failed otherwise", count: both("failed") },
    { what: "statements still running a second later", count: left("running") },
    { what: "transactions left open", count: left("open") },
    { what: "rows of a transaction that was not committed", count: marks.shown.length },
    { what: "rows missing of what had reported success", count: marks.lost.length },
    { what: "rows written twice", count: marks.doubled.length },
    { what: "defects, and errors without an outcome", count: total(runs, defectsOf) }
  ]
}

/** Those that are not zero. */
export const offendingOf = (run: Pick<InterruptsRun, "marks" | "runs">): ReadonlyArray<Zero> =>
  zerosOf(run).filter(({ count }) => count > 0)
