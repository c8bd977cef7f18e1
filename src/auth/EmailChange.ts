import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventOf, type NewEvent, newEvent } from "./Audit.ts"
import type { Email } from "./Email.ts"
import { keepGuard } from "./EmailKeep.ts"
import { evenTime } from "./EvenTime.ts"
import { type KnownUser, stillVerifiedAlone } from "./KnownUser.ts"
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
 * Makes a letter the only one whose link may change the address, which ends what was asked for
 * before; none for the address that they have. By the event's first run only: one that comes to pass
 * late would take back what was asked for since.
 */
const wanted = (sql: SqlClient, email: Email, letterId: string): Fragment => sql`
  wanted as (
    update users set email_change = case when users.email <> ${email} then ${letterId}::uuid end
    from audit where users.id = audit.user_id
  )`

/**
 * Parts of a statement that uses the token of such a letter: `replaced`, the user as they were, and
 * `changed`, who has the address now that the letter went to. Both none unless it is the last letter
 * that was asked for. The row is locked as it was looked at, so neither another link nor another
 * request comes between.
 */
export const emailChanged = (sql: SqlClient): ReadonlyArray<Fragment> => [
  sql`replaced as (
    select users.id, users.email, users.email_verified
    from users join fresh on users.id = fresh.user_id
    where fresh.purpose = 'change-email' and users.email_change = fresh.mail_id
      and users.password_version = fresh.password_version
    for update of users
  )`,
  sql`changed as (
    update users
    set email = fresh.email, email_verified = now(), email_change = null, updated_at = now()
    from fresh, replaced where users.id = replaced.id
    returning users.id
  )`
]

/** The letter to the address that was replaced, if it was proven: anybody can type a stranger's. */
export const replacedTold = (sql: SqlClient): Fragment => sql`
  select 'email-changed', r.email, null::uuid, null, null::integer
  from replaced r join audit on r.email_verified is not null`

/**
 * Writes a letter to the new address, with a token if nobody has it, and one to the old, with a token
 * by which its owner keeps it. Whether the new one is taken is told to nobody but its owner. No letter
 * when it is the address that they have: then it stays, whatever was asked for before.
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
    select case when g.is_given then 'keep-email' else 'email-change-asked' end, u.email,
           case when g.is_given then u.id end, null, null::integer
    from u join audit on ${isOther} join guard g on true`
  const parts = [
    sql`u as (${stillVerifiedAlone(sql, user)})`,
    audit(sql, event, eventOf(sql, "email-change-requested")),
    wanted(sql, email, toNew),
    keepGuard(sql),
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
          means.throttle.admit(known.email === email ? [] : [toMailbox(email)]),
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
