import { chainOf, property } from "./CauseChain.ts"
import { isOfSession, isOfStatement } from "./Severity.ts"
import { table } from "./SqlStates.ts"
import { type Rule, type Teller, type Verdict, verdict } from "./Verdict.ts"

const unknown = verdict("UnknownError")

/** Who tells of a failure. A severity in a language that is not known counts as the session's. */
export const tellerOf = (error: unknown): Teller => {
  if (property(error, "severity") === "") return "client"
  if (property(error, "routine") === "") return "proxy"
  return isOfStatement(error) ? "statement" : "session"
}

const matches = (rule: Rule, code: string, message: string, teller: Teller): boolean =>
  (rule.codes.includes(code) || rule.codes.includes(code.slice(0, 2))) &&
  (rule.teller === undefined || rule.teller === teller) &&
  (rule.message === undefined || rule.message.test(message))

const ruleFor = (error: unknown): Rule | undefined => {
  const code = property(error, "code")
  const message = property(error, "message")
  const teller = tellerOf(error)
  return table.find((rule) => matches(rule, code, message, teller))
}

const isAnswer = (error: unknown): boolean => property(error, "severity") !== ""
const hasCode = (error: unknown): boolean => property(error, "code") !== ""
const isKnown = (error: unknown): boolean => ruleFor(error) !== undefined
const isExplained = (error: unknown): boolean => property(error, "message") !== ""

/** The error of a chain that says most, be it the driver's, the server's or Node.js's. */
export const rootOf = (cause: unknown): unknown => {
  const chain = chainOf(cause)
  const known = chain.filter(isKnown)
  return (
    chain.find(isAnswer) ??
    known.find((error) => hasCode(error) && isExplained(error)) ??
    known.find(hasCode) ??
    known[0] ??
    chain.find(hasCode) ??
    chain.at(-1)
  )
}

/** What a raw error means. FATAL and PANIC end the session whatever their code. */
export const classify = (cause: unknown): Verdict => {
  const error = rootOf(cause)
  const rule = ruleFor(error) ?? unknown
  const {
    coolDown,
    endsSession,
    hasNotBegun,
    isFatalToConnect,
    isRetryable,
    provesRestart,
    reason
  } = rule
  const isLast = isOfSession(error)
  return {
    reason,
    isRetryable,
    isFatalToConnect,
    provesRestart,
    endsSession: endsSession || isLast,
    coolDown,
    // A function can raise any code, yet neither FATAL nor as a proxy.
    hasNotBegun: hasNotBegun && (isLast || tellerOf(error) === "proxy")
  }
}

const named = (error: unknown): string => {
  if (typeof error === "string") return error
  return error instanceof Error ? error.name : "an error without a message"
}

/** A raw error as one clause: its code and message. For failures of connections only. */
export const describe = (cause: unknown): string => {
  const error = rootOf(cause)
  const code = property(error, "code")
  const message = property(error, "message") || named(error)
  return code === "" || message.includes(code) ? message : `${code}: ${message}`
}
