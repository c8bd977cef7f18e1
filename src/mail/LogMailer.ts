import { Effect, Layer, Redacted } from "effect"
import type { Mail } from "./Mail.ts"
import { Mailer } from "./Mailer.ts"

const line = ({ subject, text, to }: Mail): string =>
  `Nothing was sent: without SMTP_URL, mail is only shown here. To: ${to}. Subject: ${subject}\n\n${Redacted.value(text)}`

const send = Effect.fn("LogMailer.send")((mail: Mail) => Effect.logInfo(line(mail)))

/**
 * Writes every mail to the log, whole, and sends none: for a service that is being tried out.
 *
 * Its links open accounts, so whoever reads the log can sign in as anyone.
 */
export const layer: Layer.Layer<Mailer> = Layer.succeed(Mailer, { send })
