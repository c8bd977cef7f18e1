import { Effect, Option, Redacted } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventOf, type NewEvent, newEvent } from "./Audit.ts"
import type { KnownUser } from "./KnownUser.ts"
import type { Password } from "./Password.ts"
import type { Requester } from "./Requester.ts"
import { from } from "./ThrottleLimits.ts"
import type { User } from "./User.ts"
import { reauthenticated } from "./Verification.ts"

/** A run that finds no user has a row all the same when an earlier run has deleted them. */
const deleteStatement = (
  { sql, throttle }: AccountMeans,
  { id, passwordHash }: KnownUser,
  event: NewEvent
) => {
  const gone = sql`
    delete from users where id = ${id} and password_hash = ${Redacted.value(passwordHash)}
    returning *`
  const parts = [
    sql`u as (${gone})`,
    audit(sql, event, eventOf(sql, "account-deleted")),
    ...throttle.forgotten
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
    const event = yield* newEvent(requester)
    yield* reauthenticated(means, {
      user,
      password,
      requester,
      limits: from("signInFrom", requester),
      refusal: "account-deletion-refused",
      act: (known) => {
        const statement = Effect.map(deleteStatement(means, known, event), ([row]) =>
          Option.fromNullable(row)
        )
        // A run that waited for an earlier one does not see what that has written; the next does.
        return means.answered(
          Effect.flatMap(statement, (row) => (Option.isSome(row) ? Effect.succeed(row) : statement))
        )
      }
    })
  })
