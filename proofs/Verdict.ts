import type { Outcome, Phase } from "../src/sql/index.ts"

/** What the one who signed up was told. */
export type Reported =
  | { readonly _tag: "Success" }
  | {
      readonly _tag: "Failure"
      readonly outcome: Outcome
      readonly phase: Phase
      readonly message: string
    }
  /** Anything but an answer: a defect, an error that is no `PgError`, or none before the deadline. */
  | { readonly _tag: "Defect"; readonly message: string }

/** How many rows of one sign-up there are once none of its sessions is left on the server. */
export interface Truth {
  readonly users: number
  readonly sessions: number
  readonly audits: number
}

/** What holdfast promises about one sign-up. */
export interface Promised {
  /** Some of it had been sent when it was cut: else no failure may surface. */
  readonly wasSent: boolean
  /** A lost answer can be found out: it is a transaction, or a statement that may run twice. */
  readonly isResolvable: boolean
  /** It is run again whenever that is safe: then nothing that was rolled back may surface. */
  readonly isReplayed: boolean
}

/** What must never happen to a sign-up, replayed or not. */
export const fiveZeros = [
  "AcknowledgedButLost",
  "Doubled",
  "HalfWritten",
  "FailedButCommitted",
  "SurfacedThoughNotSent"
] as const

/** Judgements that break a promise. */
export const offences = [...fiveZeros, "SurfacedDespiteReplay", "Defect"] as const

export type Offence = (typeof offences)[number]

/** Judgements that keep them: `Unknown` is an answer that was lost for good, and says so. */
export const honest = ["Acknowledged", "RolledBack", "Unknown"] as const

export type Verdict = Offence | (typeof honest)[number]

type Failure = Extract<Reported, { readonly _tag: "Failure" }>

export const isOffence = (verdict: Verdict): verdict is Offence =>
  offences.some((offence) => offence === verdict)

const ofCommitted = ({ outcome }: Failure, { isResolvable }: Promised): Verdict =>
  outcome === "Unknown" && !isResolvable ? "Unknown" : "FailedButCommitted"

const isAboutNothingSent = ({ outcome, phase }: Failure): boolean =>
  outcome === "NotSent" || phase === "acquire" || phase === "begin"

const ofAbsent = (failure: Failure, { isReplayed, wasSent }: Promised): Verdict => {
  if (failure.outcome === "Committed") return "AcknowledgedButLost"
  if (!wasSent || isAboutNothingSent(failure)) return "SurfacedThoughNotSent"
  if (failure.outcome === "Unknown") return "Unknown"
  return isReplayed ? "SurfacedDespiteReplay" : "RolledBack"
}

/** Judges what was reported by what is there. */
export const verdictOf = (reported: Reported, truth: Truth, promised: Promised): Verdict => {
  const rows = [truth.users, truth.sessions, truth.audits]
  if (rows.some((count) => count > 1)) return "Doubled"
  if (new Set(rows).size > 1) return "HalfWritten"
  const isThere = truth.users === 1
  switch (reported._tag) {
    case "Defect":
      return "Defect"
    case "Success":
      return isThere ? "Acknowledged" : "AcknowledgedButLost"
    case "Failure":
      return isThere ? ofCommitted(reported, promised) : ofAbsent(reported, promised)
  }
}
