import { hasFailed, type Operation } from "./Operation.ts"
import type { Rows, Truth } from "./Truth.ts"

/** What must never happen to an operation, whatever its caller was told. */
export const offences = {
  FailedButCommitted: "failed, but committed",
  AcknowledgedButLost: "acknowledged, but lost",
  Doubled: "doubled",
  HalfWritten: "half-written",
  WronglyRead: "wrongly read"
} as const

export type Offence = keyof typeof offences

/** `Failed`: the caller was told so, or nothing, and no row is there. */
export type Judgement = "Done" | "Failed" | Offence

const none: Rows = { accounts: 0, sessions: 0 }

const ofSignUp = (failed: boolean, { accounts, sessions }: Rows): Judgement => {
  if (accounts > 1 || sessions > 1) return "Doubled"
  if (accounts !== sessions) return "HalfWritten"
  if (accounts === 0) return failed ? "Failed" : "AcknowledgedButLost"
  return failed ? "FailedButCommitted" : "Done"
}

/** Whoever reads an account was told before that it is there. What is there twice is judged there. */
const ofRead = (account: string, { told }: Operation): Judgement => {
  if (told._tag !== "Done") return "Failed"
  const isRight = told.found.length > 0 && told.found.every((id) => id === account)
  return isRight ? "Done" : "WronglyRead"
}

/** Judges what a caller was told by what is there. */
export const judge = (operation: Operation, truth: Truth): Judgement => {
  const { request } = operation
  if (request._tag === "Read") return ofRead(request.account, operation)
  return ofSignUp(hasFailed(operation), truth.get(request.signUp.account) ?? none)
}
