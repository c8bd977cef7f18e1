import { Context, Data, type Effect } from "effect"
import type { Mail } from "./Mail.ts"

/**
 * A mail was not accepted for delivery, as far as is known. Whoever tries again may deliver it twice.
 *
 * The message says why, with codes only: neither an address nor anything of the mail is in it, so it
 * may be logged.
 */
export class MailRefused extends Data.TaggedError("MailRefused")<{
  readonly message: string
  /** Whether the same mail may be accepted later. False: this mail or its address is the reason. */
  readonly isRetryable: boolean
}> {}

/** Where mail leaves the service. Provide `SmtpMailer`, `LogMailer`, or one of your own. */
export class Mailer extends Context.Tag("holdfast/mail/Mailer")<
  Mailer,
  {
    /** Hands one mail over. Done means that someone else now answers for its delivery. */
    readonly send: (mail: Mail) => Effect.Effect<void, MailRefused>
  }
>() {}
