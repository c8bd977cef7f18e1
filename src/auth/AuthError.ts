import { Schema } from "effect"
import { RetryAfterSeconds } from "./RetryAfterSeconds.ts"

// The same words for every cause, so that an answer tells an attacker nothing more than its tag.
const sentence = (text: string) =>
  Schema.String.pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => text)
  )

const retryAfterSeconds = RetryAfterSeconds.pipe(
  Schema.propertySignature,
  Schema.withConstructorDefault(() => 1)
)

/** A sign-up's address belongs to a user already. Sign in instead. */
export class EmailTaken extends Schema.TaggedError<EmailTaken>()("EmailTaken", {
  message: sentence("An account with this e-mail address exists already. Sign in instead.")
}) {}

/**
 * A sign-in was refused. Whether the address is unknown or the password wrong is not told, and
 * takes the same time to find out.
 */
export class InvalidCredentials extends Schema.TaggedError<InvalidCredentials>()(
  "InvalidCredentials",
  { message: sentence("The e-mail address or the password is wrong.") }
) {}

/**
 * Someone who is signed in gave a password to confirm who they are, and it is not theirs. Their session
 * goes on: unlike {@link InvalidCredentials} it is no reason to have them sign in.
 */
export class WrongPassword extends Schema.TaggedError<WrongPassword>()("WrongPassword", {
  message: sentence("The password is wrong.")
}) {}

/**
 * No live session has this token: it is malformed, unknown, revoked or expired. Sign in again.
 *
 * It is never a fault of the database: see {@link DatabaseUnavailable}.
 */
export class SessionInvalid extends Schema.TaggedError<SessionInvalid>()("SessionInvalid", {
  message: sentence("The session has ended or never was. Sign in again.")
}) {}

/**
 * The database could not do its work before the deadline. Ask again later.
 *
 * It is no verdict: whoever has a session keeps it, and a sign-up may yet turn out to have happened.
 */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>()(
  "DatabaseUnavailable",
  {
    message: sentence("The database can't be reached at the moment. Try again shortly."),
    retryAfterSeconds
  }
) {}

/** So many passwords are being hashed that this one was refused. Nothing was done; ask again. */
export class HashingOverloaded extends Schema.TaggedError<HashingOverloaded>()(
  "HashingOverloaded",
  {
    message: sentence("Too many people are signing up or in at the moment. Try again shortly."),
    retryAfterSeconds
  }
) {}

/**
 * A token from a letter is no good: it is malformed, unknown, expired, used, or for an address or
 * password that has changed since. Ask for another letter.
 */
export class TokenInvalid extends Schema.TaggedError<TokenInvalid>()("TokenInvalid", {
  message: sentence("The link is not valid or has been used. Ask for a new one.")
}) {}

/** It was tried too often. Nothing was done; ask again when it says. */
export class Throttled extends Schema.TaggedError<Throttled>()("Throttled", {
  message: sentence("Too many attempts. Wait a moment before trying again."),
  retryAfterSeconds
}) {}

/**
 * What keeps anything from being done now: ask again after its `retryAfterSeconds`. Only after
 * {@link DatabaseUnavailable} may it turn out to have been done.
 */
export type RetryLater = Throttled | HashingOverloaded | DatabaseUnavailable

/** The Idempotency-Key of a sign-up belongs to a sign-up with another address or password. */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  {
    message: sentence(
      "This Idempotency-Key came with another sign-up. Send a new key for a new sign-up."
    )
  }
) {}
