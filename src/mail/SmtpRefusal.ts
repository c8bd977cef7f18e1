import { MailRefused } from "./Mailer.ts"

/** What is known of a failure of the transport. Its texts may quote addresses, so they are not read. */
interface Failure {
  readonly code: string
  readonly command: string
  readonly responseCode: number | undefined
  readonly enhancedCode: string
}

/** RFC 3463: class, subject and detail, after the reply's three digits. */
const ENHANCED = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/

const text = (error: object, key: string): string => {
  const value: unknown = Reflect.get(error, key)
  return typeof value === "string" ? value : ""
}

const failureOf = (error: unknown): Failure => {
  const thrown = typeof error === "object" && error !== null ? error : {}
  const responseCode: unknown = Reflect.get(thrown, "responseCode")
  return {
    code: text(thrown, "originalCode") || text(thrown, "code"),
    command: text(thrown, "command"),
    responseCode: typeof responseCode === "number" ? responseCode : undefined,
    enhancedCode: ENHANCED.exec(text(thrown, "response"))?.[1] ?? ""
  }
}

/**
 * RFC 3463: the mailbox is none (5.1.1 to 5.1.3, 5.1.6, 5.1.10) or takes no mail (5.2.1). Everything else
 * may be about this service (its address, password, certificate, sender, quota), and someone can put that
 * right: a letter that nobody needed to lose would be lost.
 */
const NO_SUCH_MAILBOX: ReadonlySet<string> = new Set([
  "5.1.1",
  "5.1.2",
  "5.1.3",
  "5.1.6",
  "5.1.10",
  "5.2.1"
])

const isForGood = ({ command, enhancedCode, responseCode = 0 }: Failure): boolean =>
  responseCode >= 500 && command === "RCPT TO" && NO_SUCH_MAILBOX.has(enhancedCode)

/** Letters, digits and signs of a code, should a library ever put more there. */
const plain = (word: string): string => word.replace(/[^A-Za-z0-9_. -]/g, "")

const happened = ({ code, command, enhancedCode, responseCode }: Failure): string =>
  responseCode === undefined
    ? `The mail server could not be spoken to: ${plain(code) || "no code"} at ${plain(command) || "no command"}.`
    : `The mail server answered ${responseCode}${enhancedCode && ` ${enhancedCode}`} to ${plain(command) || "its greeting"}.`

/** What a failure of the transport means for the mail. */
export const refusal = (error: unknown): MailRefused => {
  const failure = failureOf(error)
  const isRetryable = !isForGood(failure)
  const next = isRetryable
    ? "Trying again may help; if it stays, check SMTP_URL and MAIL_FROM."
    : "It will not take this mail, so it is not worth trying again."
  return new MailRefused({ message: `${happened(failure)} ${next}`, isRetryable })
}
