import { Effect, Option, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventOf, type NewEvent, newEvent } from "./Audit.ts"
import type { KnownUser } from "./KnownUser.ts"
import { posted } from "./Outbox.ts"
import type { Password } from "./Password.ts"
import { reauthenticated } from "./PasswordVerification.ts"
import type { Requester } from "./Requester.ts"
import { from } from "./ThrottleLimits.ts"
import type { User } from "./User.ts"

/**
 * A run that finds no user has a row all the same when an earlier run has deleted them.
 *
 * The letter goes to a proven address only: signing up with a stranger's address and deleting the
 * account, again and again, must not fill their mailbox.
 */
const deleteStatement = (
  { fragments, sql }: AccountMeans,
  { id, passwordHash }: KnownUser,
  { event, letterId }: { readonly event: NewEvent; readonly letterId: string }
) => {
  const gone = sql`
    delete from users where id = ${id} and password_hash = ${Redacted.value(passwordHash)}
    returning *`
  const letter = sql`
    select 'account-deleted', u.email, null::uuid, null, null::integer
    from u join audit on u.email_verified is not null`
  const parts = [
    sql`u as (${gone})`,
    audit(sql, event, eventOf(sql, "account-deleted")),
    ...fragments.letter("letter", letterId, letter),
    ...fragments.forgotten
  ]
  return sql`
    with ${sql.csv(parts)}
    select id from u union all select id from audit_events where id = ${event.id}`
}

/** See the method of this name of `Accounts`. */
export const makeDeleteAccount = (means: AccountMeans) =>
  Effect.fn("Accounts.deleteAccount")(function* (
    user: User,
    password: Password,
    requester?: Requester
  ) {
    const made = { event: yield* newEvent(requester), letterId: yield* newId }
    yield* reauthenticated(means, {
      user,
      password,
      requester,
      limits: from("signInFrom", requester),
      refusal: "account-deletion-refused",
      act: (known) => {
        const statement = Effect.map(deleteStatement(means, known, made), ([row]) =>
          Option.fromNullable(row)
        )
        // A run that waited for an earlier one does not see what that has written; the next does.
        return posted(
          means.outbox,
          means.answered(
            Effect.flatMap(statement, (row) =>
              Option.isSome(row) ? Effect.succeed(row) : statement
            )
          )
        )
      }
    })
  })
