import { Either, Layer, type Redacted } from "effect"
import {
  Accounts,
  Letters,
  Outbox,
  Passwords,
  parsePublicUrl,
  Sessions,
  Throttle
} from "holdfast/auth"
import { SmtpMailer } from "holdfast/mail"

/** Where letters go out, who they are from, and where the links in them lead. */
export interface LetterOptions {
  readonly smtpUrl: Redacted.Redacted
  readonly from: string
  readonly publicUrl: string
}

/** Accounts that write letters, and sessions, over holdfast's client. */
export const accounts = ({ from, publicUrl, smtpUrl }: LetterOptions) => {
  const deliver = Letters.deliver({
    // Fails at the start: letters without links would tell of it only once somebody waits for one.
    publicUrl: Either.getOrThrowWith(
      parsePublicUrl(publicUrl),
      (complaint) => new Error(`publicUrl ${complaint}`)
    )
  })
  const outbox = Layer.provide(Outbox.layer(deliver), SmtpMailer.layer({ url: smtpUrl, from }))
  return Layer.merge(
    Layer.provide(Accounts.layer(), [Passwords.layer(), Throttle.layer(), outbox]),
    Sessions.layer()
  )
}
