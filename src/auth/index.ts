export { SecureRandom } from "../runtime/SecureRandom.ts"
export { Accounts, type AccountsOptions } from "./Accounts.ts"
export {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  IdempotencyKeyReused,
  InvalidCredentials,
  type RetryLater,
  SessionInvalid,
  Throttled,
  TokenInvalid,
  WrongPassword
} from "./AuthError.ts"
export { BreachedPasswords } from "./BreachedPasswords.ts"
export type { ClientAddress } from "./ClientAddress.ts"
export { Credentials } from "./Credentials.ts"
export { Email } from "./Email.ts"
export type { NewEmail } from "./EmailChange.ts"
export { Housekeeping, type HousekeepingOptions } from "./Housekeeping.ts"
export { IdempotencyKey } from "./IdempotencyKey.ts"
export { Letter } from "./Letter.ts"
export * as Letters from "./Letters.ts"
export * as Migrations from "./Migrations.ts"
export { type OneTimeToken, parse as parseOneTimeToken } from "./OneTimeToken.ts"
export { Outbox, type OutboxOptions } from "./Outbox.ts"
export { Password } from "./Password.ts"
export type { NewPassword } from "./PasswordChange.ts"
export { PasswordPolicy, type PasswordPolicyOptions, PasswordRefused } from "./PasswordPolicy.ts"
export type { ResetPassword } from "./PasswordReset.ts"
export { PasswordHash, Passwords, type PasswordsOptions } from "./Passwords.ts"
export { type Pruned, Pruning, type PruningOptions } from "./Pruning.ts"
export { type PublicUrl, parsePublicUrl } from "./PublicUrl.ts"
export { makeRequester, type Requester, type RequesterOptions } from "./Requester.ts"
export { Session, SessionId } from "./Session.ts"
export { SessionExpiry, type SessionExpiryOptions } from "./SessionExpiry.ts"
export { SessionSummary } from "./SessionSummary.ts"
export { Sessions, type SessionsOptions } from "./Sessions.ts"
export { parse as parseSessionToken, type SessionToken } from "./SessionToken.ts"
export type { SignedIn } from "./SignedIn.ts"
export type { SignInOptions } from "./SignIn.ts"
export type { SignUpOptions } from "./SignUp.ts"
export { Throttle, type ThrottleOptions } from "./Throttle.ts"
export type { Attempt, Pauses, Rate, ThrottleLimits } from "./ThrottleLimits.ts"
export { User, UserId } from "./User.ts"
export type { UserSession } from "./UserSession.ts"
