import { Context, Effect, Layer, Redacted } from "effect"
import { type Mail, Mailer, SmtpMailer } from "../../src/mail/index.ts"

/** What no log and no error may show. */
export const canary = "c4n4ry-token"

/** A letter as auth/ writes them. */
export const mail: Mail = {
  to: "reader@example.com",
  subject: "Confirm your e-mail address",
  text: Redacted.make(`Open https://example.com/verify-email#token=${canary}\n.\nwithin 24 hours.`)
}

const from = "Holdfast <service@example.com>"

/** A mailer that is closed with the scope. */
export const mailer = (
  options: Partial<SmtpMailer.SmtpOptions> & { readonly url: Redacted.Redacted }
) =>
  Effect.map(Layer.build(SmtpMailer.layer({ from, ...options })), (context) =>
    Context.get(context, Mailer)
  )
