import { Effect, Option } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventOf, type NewEvent, newEvent } from "./Audit.ts"
import type { Email } from "./Email.ts"
import { evenTime } from "./EvenTime.ts"
import { type KnownUser, stillVerified } from "./KnownUser.ts"
import { posted } from "./Outbox.ts"
import type { Password } from "./Password.ts"
import { reauthenticated } from "./PasswordVerification.ts"
import type { Requester } from "./Requester.ts"
import { from, toMailbox } from "./ThrottleLimits.ts"
import { unaskedLetter } from "./UnaskedLetter.ts"
import type { User } from "./User.ts"

/** The address that someone wants, and their password. */
export interface NewEmail {
  readonly email: Email
  readonly password: Password
}

/**
 * Writes a letter to the new address, with a token if nobody has it, and one to the old. Whether it
 * is taken is told to nobody but its owner. No letter when it is the address that they have: there
 * is nothing left to do.
 */
const requestStatement = (
  means: AccountMeans,
  user: KnownUser,
  {
    email,
    event,
    letterIds: [toNew, toOld]
  }: {
    readonly email: Email
    readonly event: NewEvent
    readonly letterIds: readonly [string, string]
  }
) => {
  const { fragments, sql } = means
  const isOther = sql`u.email <> ${email}`
  const invitation = sql`
    select case when is_taken then 'address-taken' else 'change-email' end, ${email}::text,
           case when not is_taken then u.id end, null, u.password_version
    from u join audit on ${isOther}
           join (select exists (select from users where email = ${email}) as is_taken) x on true`
  const warning = sql`
    select 'email-change-asked', u.email, null::uuid, null, null::integer
    from u join audit on ${isOther}`
  const parts = [
    sql`u as (${stillVerified(sql, user)})`,
    audit(sql, event, eventOf(sql, "email-change-requested")),
    ...fragments.letter("invitation", toNew, invitation),
    ...unaskedLetter(means, toOld, warning),
    ...fragments.forgotten
  ]
  return Effect.map(sql`with ${sql.csv(parts)} select id from u`, ([row]) =>
    Option.fromNullable(row)
  )
}

/** See the method of this name of `Accounts`. */
export const makeRequestEmailChange = (means: AccountMeans) =>
  Effect.fn("Accounts.requestEmailChange")(function* (
    user: User,
    { email, password }: NewEmail,
    requester?: Requester
  ) {
    const untilEven = yield* evenTime
    const event = yield* newEvent(requester)
    const letterIds = [yield* newId, yield* newId] as const
    yield* reauthenticated(means, {
      user,
      password,
      requester,
      limits: from("mailFrom", requester),
      refusal: "email-change-refused",
      act: (known) =>
        // Only now: what sends no letter is not held against the mailbox.
        Effect.zipRight(
          means.throttle.admit([toMailbox(email)]),
          posted(
            means.outbox,
            Effect.zipLeft(
              means.answered(requestStatement(means, known, { email, event, letterIds })),
              untilEven
            )
          )
        )
    })
  })
