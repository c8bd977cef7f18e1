import { type Finding, type Level, worst } from "./check/Finding.ts"

const colour: Readonly<Record<Level, string>> = { ok: "32", warning: "33", problem: "31" }

const levelWidth = 9
const nameWidth = 19

const painted = (level: Level): string =>
  `\u001b[${colour[level]}m${level.padEnd(levelWidth)}\u001b[0m`

/** One finding as one line, and its advice as another under it. */
export const lineOf = ({ advice, level, name, seen }: Finding): string => {
  const line = `${painted(level)}${name.padEnd(nameWidth)}${seen}`
  return advice === undefined ? line : `${line}\n${" ".repeat(levelWidth + nameWidth)}${advice}`
}

const counted = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : "s"}`

/** All of them in one sentence. */
export const summaryOf = (findings: ReadonlyArray<Finding>): string => {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length
  const parts = [
    ...(count("problem") > 0 ? [counted(count("problem"), "problem")] : []),
    ...(count("warning") > 0 ? [counted(count("warning"), "warning")] : [])
  ]
  return parts.length === 0 ? "All is well." : `${parts.join(" and ")}.`
}

/** The same for machines. */
export interface CheckReport {
  readonly host: string
  readonly port: number
  readonly worst: Level
  readonly findings: ReadonlyArray<Finding>
}

export const reportOf = (
  { host, port }: { readonly host: string; readonly port: number },
  findings: ReadonlyArray<Finding>
): CheckReport => ({ host, port, worst: worst(findings), findings })
