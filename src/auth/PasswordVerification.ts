import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option, Redacted } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { type AuditKind, eventAlone, newEvent } from "./Audit.ts"
import { WrongPassword } from "./AuthError.ts"
import { findById, type KnownUser } from "./KnownUser.ts"
import type { Password } from "./Password.ts"
import type { Requester } from "./Requester.ts"
import { type Attempt, atOwnAccount } from "./ThrottleLimits.ts"
import type { User } from "./User.ts"

/** How often a hash may be changed by others while a password is verified against it. */
const ROUNDS = 3

/** What is done for someone whose password is right. */
interface Verified<A, E> {
  readonly find: Effect.Effect<KnownUser | undefined, SqlError>
  readonly password: Password
  /** Nothing, when the user's hash is no longer the one that the password was verified against. */
  readonly act: (user: KnownUser) => Effect.Effect<Option.Option<A>, E>
}

/**
 * Verifies a password, then acts. When the user's hash has changed in between, verifies again: it may
 * only have been renewed by another sign-in, and if the password was changed this finds it out.
 *
 * No connection is held while it verifies, and it takes as long for someone who is not known.
 */
export const whileItChanges = <A, E>(
  { answered, passwords }: AccountMeans,
  { act, find, password }: Verified<A, E>
) =>
  Effect.gen(function* () {
    let user: KnownUser | undefined
    let verifiedHash: string | undefined
    for (let round = 0; round < ROUNDS; round += 1) {
      user = yield* answered(find)
      const hash = user && Redacted.value(user.passwordHash)
      if (round > 0 && hash === verifiedHash) break
      const isVerified = yield* passwords.verify(password, user?.passwordHash)
      if (user === undefined || !isVerified) break
      verifiedHash = hash
      const done = yield* act(user)
      if (Option.isSome(done)) return { user, done }
    }
    return { user, done: Option.none<A>() }
  })

/** Something that needs the password of someone who is signed in. */
interface Reauthenticated<A, E> {
  readonly user: User
  readonly password: Password
  readonly requester: Requester | undefined
  /** Besides the attempts at the account. */
  readonly limits: ReadonlyArray<Attempt>
  /** What a wrong password is written down as. */
  readonly refusal: AuditKind
  readonly act: (user: KnownUser) => Effect.Effect<Option.Option<A>, E>
}

/** Acts for someone who is signed in, once they have proven again who they are. */
export const reauthenticated = <A, E>(means: AccountMeans, request: Reauthenticated<A, E>) =>
  Effect.gen(function* () {
    const { answered, sql, throttle } = means
    const { act, limits, password, refusal, requester, user } = request
    const outcome = yield* throttle.trying(
      [...limits, atOwnAccount(user.id)],
      whileItChanges(means, { find: findById(sql, user.id), password, act })
    )
    if (Option.isSome(outcome.done)) return outcome.done.value
    yield* answered(eventAlone(sql, yield* newEvent(requester), refusal, user.id))
    return yield* new WrongPassword()
  })
