/** How much a finding matters. */
export type Level = "ok" | "warning" | "problem"

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly name: string
  readonly level: Level
  /** What was seen, as a clause. */
  readonly seen: string
  /** What to do about it, as one sentence; absent where there is nothing to do. */
  readonly advice?: string
}

/** Nothing to do. */
export const ok = (name: string, seen: string): Finding => ({ name, level: "ok", seen })

/** It works, and may not on another day. */
export const warning = (name: string, seen: string, advice: string): Finding => ({
  name,
  level: "warning",
  seen,
  advice
})

/** The service can't work so. */
export const problem = (name: string, seen: string, advice: string): Finding => ({
  name,
  level: "problem",
  seen,
  advice
})

const order: ReadonlyArray<Level> = ["ok", "warning", "problem"]

/** The worst of them; all is well where there is none. */
export const worst = (findings: ReadonlyArray<Finding>): Level =>
  order[Math.max(0, ...findings.map(({ level }) => order.indexOf(level)))] ?? "ok"
