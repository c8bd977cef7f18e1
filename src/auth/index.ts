export { Accounts, type AccountsOptions, type Credentials, type SignedIn } from "./Accounts.ts"
export {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  InvalidCredentials,
  SessionInvalid
} from "./AuthError.ts"
export { BreachedPasswords } from "./BreachedPasswords.ts"
export { CanonicalEmail, Email, normaliseEmail } from "./Email.ts"
export type { HashingQueueConfig } from "./HashingQueue.ts"
export { Letter } from "./Letter.ts"
export * as Letters from "./Letters.ts"
export { Password } from "./Password.ts"
export { PasswordPolicy, type PasswordPolicyOptions, PasswordRefused } from "./PasswordPolicy.ts"
export { PasswordHash, Passwords } from "./Passwords.ts"
export { type PublicUrl, parsePublicUrl } from "./PublicUrl.ts"
export { SecureRandom } from "./SecureRandom.ts"
export { Session, SessionId } from "./Session.ts"
export { Sessions, type SessionsOptions } from "./Sessions.ts"
export * as SessionToken from "./SessionToken.ts"
export { User, UserId } from "./User.ts"
export type { UserSession } from "./UserSession.ts"
