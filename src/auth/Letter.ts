import { Data, type Duration, type Redacted } from "effect"
import type { Email } from "./Email.ts"

interface Notice {
  readonly recipient: Email
}

interface Invitation extends Notice {
  readonly token: Redacted.Redacted
  /** How long the token is good, from the moment in which the letter is handed to its delivery. */
  readonly lifetime: Duration.Duration
}

/** What there is to tell someone by mail. Those with a token hold a secret: a link is made of it. */
export type Letter = Data.TaggedEnum<{
  /** Prove that the address of your account is yours. */
  readonly VerifyEmail: Invitation
  /** Prove that the address you want to change to is yours. */
  readonly ConfirmEmailChange: Invitation
  /** To the old address: someone who knows your password wants to change it. */
  readonly EmailChangeAsked: Notice
  /** The same where the address is proven: keep it, or take it back. */
  readonly KeepEmail: Invitation
  /** To the address that was replaced, if it was proven: the account has another one now. */
  readonly EmailChanged: Notice
  /** To the address that the account had meanwhile, if it was proven: an earlier one was taken back. */
  readonly EmailTakenBack: Notice
  /** Set a new password. */
  readonly PasswordReset: Invitation
  /** Your password was changed; if it was not you, reset it. */
  readonly PasswordChanged: Notice
  /** Your account was deleted, by someone who knew its password. */
  readonly AccountDeleted: Notice
  /** Prove that the address is yours, and your account is made. */
  readonly ConfirmSignUp: Invitation
  /** Someone signed up with this address, which has an account: sign in instead. */
  readonly AlreadySignedUp: Notice
  /** Someone wants to change their address to this one, which has an account already. */
  readonly AddressTaken: Notice
}>

/** Makes and matches letters. */
export const Letter = Data.taggedEnum<Letter>()
