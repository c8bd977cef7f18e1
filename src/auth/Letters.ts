import { Duration, Effect, Redacted } from "effect"
import type { Mail } from "../mail/Mail.ts"
import { Mailer, type MailRefused } from "../mail/Mailer.ts"
import type { Letter } from "./Letter.ts"
import { hostOf, type PublicUrl } from "./PublicUrl.ts"

/** Where the links in letters lead. */
export interface LettersOptions {
  /** Where links lead. Without it a letter has the bare token, and says what to do with it. */
  readonly publicUrl?: PublicUrl | undefined
}

/** A page of the front end, which takes the token to the endpoint of the same purpose. */
type Page = "verify-email" | "reset-password"

/** What one kind of letter says. No text in it comes from whoever caused the letter. */
interface Words {
  readonly subject: string
  /** What happened; `at` is empty, or names the service: ` at app.example.com`. */
  readonly happened: (at: string) => string
  /** What the token is for, as in "To ..., open this link", and the page that takes it. */
  readonly proves?: { readonly aim: string; readonly page: Page }
  /** What it means not to have asked for it, or what else to do. */
  readonly otherwise: string
}

const WORDS: Readonly<Record<Letter["_tag"], Words>> = {
  VerifyEmail: {
    subject: "Confirm your e-mail address",
    happened: (at) => `Someone, most likely you, signed up${at} with this e-mail address.`,
    proves: { aim: "To confirm that it is yours", page: "verify-email" },
    otherwise: "If it was not you, do nothing."
  },
  ConfirmSignUp: {
    subject: "Finish signing up",
    happened: (at) => `Someone, most likely you, wants to sign up${at} with this e-mail address.`,
    proves: { aim: "To finish", page: "verify-email" },
    otherwise: "If it was not you, do nothing, and there will be no account."
  },
  AlreadySignedUp: {
    subject: "You have an account already",
    happened: (at) => `Someone, most likely you, wanted to sign up${at} with this e-mail address.`,
    otherwise:
      "It has an account already: sign in, or reset your password if you have forgotten it. If it was not you, there is nothing to do: nothing was changed."
  },
  ConfirmEmailChange: {
    subject: "Confirm your new e-mail address",
    happened: (at) =>
      `Someone, most likely you, wants to use this e-mail address for an account${at}.`,
    proves: { aim: "To confirm that it is yours", page: "verify-email" },
    otherwise: "Until then the account keeps its old address. If it was not you, do nothing."
  },
  AddressTaken: {
    subject: "This e-mail address has an account already",
    happened: (at) => `Someone wanted to use this e-mail address for another account${at}.`,
    otherwise:
      "It has an account of its own, so nothing was changed. If it was you, delete that account first. If it was not, there is nothing to do."
  },
  EmailChangeAsked: {
    subject: "Your e-mail address is about to change",
    happened: (at) =>
      `Someone who knows your password asked${at} to change the e-mail address of your account.`,
    otherwise:
      "It changes once the new address is confirmed. If it was not you, reset your password before that: it ends every session, and this change with them."
  },
  KeepEmail: {
    subject: "Your e-mail address is about to change",
    happened: (at) =>
      `Someone who knows your password asked${at} to change the e-mail address of your account. If it was you, do nothing here.`,
    proves: { aim: "If it was not you: to keep this address", page: "verify-email" },
    otherwise:
      "It also takes the address back once it has changed, ends every session and voids the password. Reset your password then."
  },
  EmailChanged: {
    subject: "Your e-mail address was changed",
    happened: (at) =>
      `Your account${at} has another e-mail address now, and this one does not belong to it any more.`,
    otherwise:
      "If it was you, there is nothing to do. If it was not, follow the link of the letter that announced it: it takes the address back. If that letter has none, tell whoever runs the service."
  },
  EmailTakenBack: {
    subject: "Your account has its earlier e-mail address again",
    happened: (at) =>
      `Someone who reads the earlier e-mail address of your account${at} has taken it back to that address, and this one does not belong to it any more. Its sessions were ended, and its password is void.`,
    otherwise:
      "If it was you, reset the password by the earlier address. If it was not, tell whoever runs the service."
  },
  PasswordReset: {
    subject: "Reset your password",
    happened: (at) => `Someone, most likely you, asked for a new password${at}.`,
    proves: { aim: "To choose one", page: "reset-password" },
    otherwise: "If it was not you, do nothing: your password stays as it is."
  },
  PasswordChanged: {
    subject: "Your password was changed",
    happened: (at) =>
      `The password of your account${at} was changed, and its other sessions were ended.`,
    otherwise: "If it was you, there is nothing to do. If it was not, reset your password at once."
  },
  AccountDeleted: {
    subject: "Your account was deleted",
    happened: (at) =>
      `Your account${at} was deleted, by someone who knew its password. It can't be brought back.`,
    otherwise:
      "If it was you, there is nothing to do. If it was not, somebody knows that password: change it wherever else you use it. You can sign up again with this address."
  }
}

const counted = (count: number, unit: string): string =>
  count === 1 ? `one ${unit}` : `${count} ${unit}s`

/** Rounded down, so that it promises no more than is true: `one hour`, `24 hours`, `2 days`. */
const inWords = (duration: Duration.Duration): string => {
  const minutes = Math.floor(Duration.toMinutes(duration))
  if (minutes < 1) return "a minute"
  if (minutes < 120 && minutes !== 60) return counted(minutes, "minute")
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? counted(hours, "hour") : counted(Math.floor(hours / 24), "day")
}

/** A letter with a token. */
type Invitation = Extract<Letter, { readonly token: Redacted.Redacted }>

/**
 * The token stands in the fragment: a browser sends it to no server, so that it is in no access log,
 * proxy or Referer, and a mail scanner that fetches every link has not used it.
 */
const asked = (
  { aim, page }: NonNullable<Words["proves"]>,
  { lifetime, token }: Invitation,
  { publicUrl }: LettersOptions
): string => {
  const secret = Redacted.value(token)
  const within = `It works once, within ${inWords(lifetime)}.`
  return publicUrl === undefined
    ? `${aim}, enter this code where you were asked for it:\n\n${secret}\n\n${within}`
    : `${aim}, open this link:\n\n${publicUrl}/${page}#token=${secret}\n\n${within}`
}

/**
 * Writes a letter, with a link to the public URL if there is one, else with the bare token.
 *
 * This is the one place where a token of a letter is taken out of its `Redacted`; the text that it is
 * written into is redacted again.
 */
export const write = (letter: Letter, options: LettersOptions = {}): Mail => {
  const { happened, otherwise, proves, subject } = WORDS[letter._tag]
  const at = options.publicUrl === undefined ? "" : ` at ${hostOf(options.publicUrl)}`
  const paragraphs = [
    happened(at),
    ...(proves !== undefined && "token" in letter ? [asked(proves, letter, options)] : []),
    otherwise
  ]
  return { to: letter.recipient, subject, text: Redacted.make(`${paragraphs.join("\n\n")}\n`) }
}

/** Writes letters and hands them to the `Mailer`: what an outbox delivers by. */
export const deliver =
  (options: LettersOptions = {}) =>
  (letter: Letter): Effect.Effect<void, MailRefused, Mailer> =>
    Effect.flatMap(Mailer, ({ send }) => send(write(letter, options)))
