import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Duration, Effect, Layer } from "effect"
import { makeDeleteAccount } from "./AccountDeletion.ts"
import { accountMeans } from "./AccountMeans.ts"
import type {
  DatabaseUnavailable,
  EmailTaken,
  IdempotencyKeyReused,
  InvalidCredentials,
  RetryLater,
  Throttled,
  TokenInvalid,
  WrongPassword
} from "./AuthError.ts"
import { counted } from "./AuthMetrics.ts"
import { within } from "./CallDeadline.ts"
import type { Credentials } from "./Credentials.ts"
import type { Email } from "./Email.ts"
import { makeRequestEmailChange, type NewEmail } from "./EmailChange.ts"
import { makeEmailProof } from "./EmailProof.ts"
import type { OneTimeToken } from "./OneTimeToken.ts"
import type { Outbox } from "./Outbox.ts"
import type { Password } from "./Password.ts"
import { makeChangePassword, type NewPassword } from "./PasswordChange.ts"
import type { PasswordRefused } from "./PasswordPolicy.ts"
import { makePasswordReset, type ResetPassword } from "./PasswordReset.ts"
import type { Passwords } from "./Passwords.ts"
import type { Requester } from "./Requester.ts"
import type { SignedIn } from "./SignedIn.ts"
import { makeSignIn, type SignInOptions } from "./SignIn.ts"
import { makeSignUp, type SignUpOptions } from "./SignUp.ts"
import { makeRequestSignUp } from "./SignUpRequest.ts"
import type { Throttle } from "./Throttle.ts"
import type { User } from "./User.ts"

/** The deadline of a call of {@link Accounts}. When sessions end is set by `SessionExpiry`. */
export interface AccountsOptions {
  /**
   * Longest time for all statements of one call with their repetitions, those of the throttle too;
   * hashing does not count. Default 30 s.
   */
  readonly deadline?: Duration.DurationInput
}

/**
 * Signs people up and in, and changes what they sign in with. Owns the table `users`.
 *
 * Each does all of its work in one statement, with its event and its letters, and loses it neither
 * to a fault of the database that ends before the deadline, nor does it twice; after
 * `DatabaseUnavailable` it is not known whether it has happened. Passwords are hashed while no
 * connection is held, and new ones must pass the `PasswordPolicy`. Without a requester no limit by
 * address applies.
 */
export class Accounts extends Context.Tag("holdfast/auth/Accounts")<
  Accounts,
  {
    /** Creates a user and begins a session, both or neither. */
    readonly signUp: (
      credentials: Credentials,
      options?: SignUpOptions
    ) => Effect.Effect<SignedIn, PasswordRefused | EmailTaken | IdempotencyKeyReused | RetryLater>
    /**
     * Prepares a sign-up for a transaction of yours: hashes the password, and answers the rest as an
     * effect that may run any number of times and always makes the same user and session. A
     * transaction of it and of statements that may be repeated, too, can be run with
     * `PgClient.replay({ idempotent: true })`.
     */
    readonly prepareSignUp: (
      credentials: Credentials,
      options?: Pick<SignUpOptions, "requester">
    ) => Effect.Effect<Effect.Effect<SignedIn, EmailTaken | SqlError>, PasswordRefused | RetryLater>
    /**
     * Has a letter sent that makes the user once its link is followed ({@link proveEmail}). Tells
     * nobody but the owner of the mailbox whether it has an account; takes as long for both. Sent
     * again with the same key, it sends no further letter while the first one's link is good.
     */
    readonly requestSignUp: (
      credentials: Credentials,
      options?: SignUpOptions
    ) => Effect.Effect<void, PasswordRefused | IdempotencyKeyReused | RetryLater>
    /**
     * Begins a session for a user who is known, and ends the one that it replaces. Takes as long for
     * an address that is not known.
     */
    readonly signIn: (
      credentials: Credentials,
      options?: SignInOptions
    ) => Effect.Effect<SignedIn, InvalidCredentials | RetryLater>
    /** Sets a new password, ends all sessions and begins another. The user is told by mail. */
    readonly changePassword: (
      user: User,
      passwords: NewPassword,
      requester?: Requester
    ) => Effect.Effect<SignedIn, PasswordRefused | WrongPassword | RetryLater>
    /** Has a letter sent to the address if a user has it. The same answer if nobody has. */
    readonly requestPasswordReset: (
      email: Email,
      requester?: Requester
    ) => Effect.Effect<void, Throttled | DatabaseUnavailable>
    /** Sets a new password and ends all sessions; begins none. The user is told by mail. */
    readonly resetPassword: (
      reset: ResetPassword,
      requester?: Requester
    ) => Effect.Effect<void, PasswordRefused | TokenInvalid | RetryLater>
    /** Has a letter sent to a user whose address is not proven; nothing if it is. */
    readonly requestEmailProof: (
      user: User,
      requester?: Requester
    ) => Effect.Effect<void, Throttled | DatabaseUnavailable>
    /**
     * Does what the link of a letter promised: proves the user's address, changes it to the one that
     * the letter went to, or makes the user who asked to sign up. The link of the letter that announces a
     * change keeps the old address or takes it back, ends all sessions and voids the password: a reset
     * sets a new one. With `EmailTaken` the address has become another's in between, and the token is
     * not used.
     */
    readonly proveEmail: (
      token: OneTimeToken,
      requester?: Requester
    ) => Effect.Effect<void, TokenInvalid | EmailTaken | Throttled | DatabaseUnavailable>
    /**
     * Has a letter sent to the new address, and one to the old; none when it is the user's already.
     * The address changes when the link is followed ({@link proveEmail}), unless by then the password
     * has been changed or another address asked for, their own included: of all such links only the
     * last is good. Then the address that was replaced is told, if it was proven.
     */
    readonly requestEmailChange: (
      user: User,
      change: NewEmail,
      requester?: Requester
    ) => Effect.Effect<void, WrongPassword | RetryLater>
    /**
     * Deletes the user with all that is theirs but the events. The user is told by mail if their
     * address is proven.
     */
    readonly deleteAccount: (
      user: User,
      password: Password,
      requester?: Requester
    ) => Effect.Effect<void, WrongPassword | RetryLater>
  }
>() {
  /** Accounts in the database of the `SqlClient`, which must be holdfast's. */
  static layer(
    options: AccountsOptions = {}
  ): Layer.Layer<Accounts, never, Passwords | Throttle | Outbox | SqlClient> {
    return Layer.effect(Accounts, make(options))
  }
}

const make = ({ deadline = Duration.seconds(30) }: AccountsOptions) =>
  Effect.map(accountMeans(deadline), (means) => {
    const call =
      <Args extends ReadonlyArray<unknown>, A, E>(method: (...args: Args) => Effect.Effect<A, E>) =>
      (...args: Args) =>
        within(deadline)(method(...args))
    const { prepareSignUp, signUp } = makeSignUp(means)
    const { requestPasswordReset, resetPassword } = makePasswordReset(means)
    const { proveEmail, requestEmailProof } = makeEmailProof(means)
    return {
      signUp: counted("sign-up", call(signUp)),
      prepareSignUp: call(prepareSignUp),
      requestSignUp: counted("sign-up-request", call(makeRequestSignUp(means))),
      signIn: counted("sign-in", call(makeSignIn(means))),
      changePassword: counted("password-change", call(makeChangePassword(means))),
      requestPasswordReset: counted("password-reset-request", call(requestPasswordReset)),
      resetPassword: counted("password-reset", call(resetPassword)),
      requestEmailProof: counted("email-proof-request", call(requestEmailProof)),
      proveEmail: counted("email-proof", call(proveEmail)),
      requestEmailChange: counted("email-change-request", call(makeRequestEmailChange(means))),
      deleteAccount: counted("account-deletion", call(makeDeleteAccount(means)))
    }
  })
