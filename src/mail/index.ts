export * as LogMailer from "./LogMailer.ts"
export type { Mail } from "./Mail.ts"
export { Mailer, MailRefused } from "./Mailer.ts"
export * as SmtpMailer from "./SmtpMailer.ts"
