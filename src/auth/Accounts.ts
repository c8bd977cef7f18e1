import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Context, Duration, Effect, Layer, Option, Redacted } from "effect"
import {
  type DatabaseUnavailable,
  EmailTaken,
  type HashingOverloaded,
  InvalidCredentials
} from "./AuthError.ts"
import type { Email } from "./Email.ts"
import { untilAnswered } from "./IdempotentStatement.ts"
import { beginSession, newSession } from "./NewSession.ts"
import type { Password } from "./Password.ts"
import { PasswordHash, Passwords } from "./Passwords.ts"
import { SecureRandom } from "./SecureRandom.ts"
import type { SessionToken } from "./SessionToken.ts"
import { UserId } from "./User.ts"
import type { UserSession } from "./UserSession.ts"

/** Who signs up or in. */
export interface Credentials {
  readonly email: Email
  readonly password: Password
}

/** A user, the session begun for them, and its token: it can't be had again. */
export interface SignedIn extends UserSession {
  readonly sessionToken: SessionToken
}

/** What of {@link Accounts} can be set. */
export interface AccountsOptions {
  /** How long a session is valid, by the database's clock. Default one day. */
  readonly sessionLifetime?: Duration.DurationInput
  /** Longest time for one statement with all its repetitions. Default 30 s. */
  readonly deadline?: Duration.DurationInput
}

/**
 * Signs people up and in. Owns the table `users`.
 *
 * Neither loses its effect to a fault of the database that ends before the deadline, nor has it
 * twice. Passwords are hashed while no connection is held.
 */
export class Accounts extends Context.Tag("holdfast/auth/Accounts")<
  Accounts,
  {
    /**
     * Creates a user and begins a session, both or neither. After `DatabaseUnavailable` it is not
     * known which: the address may be taken by this very sign-up.
     */
    readonly signUp: (
      credentials: Credentials
    ) => Effect.Effect<SignedIn, EmailTaken | HashingOverloaded | DatabaseUnavailable>
    /** Begins a session for a user who is known. Takes as long for an address that is not. */
    readonly signIn: (
      credentials: Credentials
    ) => Effect.Effect<SignedIn, InvalidCredentials | HashingOverloaded | DatabaseUnavailable>
  }
>() {
  /** Accounts in the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: AccountsOptions = {}): Layer.Layer<Accounts, never, Passwords | SqlClient> {
    return Layer.effect(Accounts, make(options))
  }
}

const newUserId = SecureRandom.pipe(
  Effect.flatMap((random) => random.uuid),
  Effect.map((id) => UserId.make(id))
)

interface NewUser {
  readonly id: UserId
  readonly email: Email
  readonly passwordHash: PasswordHash
}

/**
 * Has no row when the address belongs to someone else.
 *
 * It may run any number of times, also while an earlier run of it is still under way. DO NOTHING and
 * a second look would then see neither run's row; DO UPDATE waits for the other run and returns the
 * row if it is this sign-up's own.
 */
const insertUser = (sql: SqlClient, user: NewUser): Fragment => sql`
  insert into users as t (id, email, password_hash)
  values (${user.id}, ${user.email}, ${Redacted.value(user.passwordHash)})
  on conflict (email) do update set email = excluded.email where t.id = excluded.id
  returning t.*`

interface KnownUser {
  readonly id: string
  readonly password_hash: string
}

const findUser = (sql: SqlClient, email: Email): Effect.Effect<KnownUser | undefined, SqlError> =>
  Effect.map(
    sql<KnownUser>`select id, password_hash from users where email = ${email}`.withoutTransform,
    ([user]) => user
  )

/**
 * Has no row when the user was deleted or the password changed after it was verified. The lock keeps
 * both from happening until the session stands.
 */
const lockUser = (sql: SqlClient, user: KnownUser): Fragment => sql`
  select * from users
  where id = ${user.id} and password_hash = ${user.password_hash}
  for share`

const make = ({
  deadline = Duration.seconds(30),
  sessionLifetime = Duration.days(1)
}: AccountsOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const passwords = yield* Passwords
    const answered = untilAnswered(deadline)
    const begin = beginSession(sql, Duration.decode(sessionLifetime))

    const signUp = Effect.fn("Accounts.signUp")(function* ({ email, password }: Credentials) {
      const passwordHash = yield* passwords.hash(password)
      const id = yield* newUserId
      const session = yield* newSession
      const begun = yield* answered(begin(insertUser(sql, { id, email, passwordHash }), session))
      if (Option.isNone(begun)) return yield* new EmailTaken()
      return { ...begun.value, sessionToken: session.token }
    })

    const signIn = Effect.fn("Accounts.signIn")(function* ({ email, password }: Credentials) {
      const user = yield* answered(findUser(sql, email))
      const hash = user && PasswordHash(Redacted.make(user.password_hash))
      const isVerified = yield* passwords.verify(password, hash)
      if (user === undefined || !isVerified) return yield* new InvalidCredentials()
      const session = yield* newSession
      const begun = yield* answered(begin(lockUser(sql, user), session))
      if (Option.isNone(begun)) return yield* new InvalidCredentials()
      return { ...begun.value, sessionToken: session.token }
    })

    return { signUp, signIn }
  })
