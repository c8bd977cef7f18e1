import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventOf, type NewEvent, newEvent } from "./Audit.ts"
import { EmailTaken, TokenInvalid } from "./AuthError.ts"
import { emailChanged, replacedTold } from "./EmailChange.ts"
import { emailKept, heldTold } from "./EmailKeep.ts"
import { stillThere } from "./KnownUser.ts"
import { digest, type OneTimeToken } from "./OneTimeToken.ts"
import { type Presented, presented, used, verdict } from "./OneTimeTokens.ts"
import { posted } from "./Outbox.ts"
import type { Requester } from "./Requester.ts"
import { from, toMailbox } from "./ThrottleLimits.ts"
import { isAddressTaken } from "./UniqueKeys.ts"
import type { User } from "./User.ts"

/** Writes the letter, unless the address is proven already. */
const requestStatement = (
  { fragments, sql }: AccountMeans,
  { id }: User,
  { event, letterId }: { readonly event: NewEvent; readonly letterId: string }
) => {
  const letter = sql`
    select 'verify-email', u.email, u.id, null, u.password_version from u join audit on true`
  const parts = [
    sql`u as (${stillThere(sql, sql`id = ${id} and email_verified is null`)})`,
    audit(sql, event, eventOf(sql, "email-proof-requested")),
    ...fragments.letter("letter", letterId, letter)
  ]
  return sql`with ${sql.csv(parts)} select`
}

/** All of a proof that is made before the database hears of it. */
interface NewProof {
  /** Of the account that loses an address to who has proven it. */
  readonly ousting: NewEvent
  readonly letterId: string
  readonly userId: string
}

/**
 * Does what the token is for: proves the address of a user, gives a user the address that it proves,
 * has a user keep theirs, or makes the user who signed up. Violates `users_email_key` when the address
 * has become another's: then nothing has happened, and the token is as good as before.
 */
const proveStatement = (
  means: AccountMeans,
  token: Presented,
  { letterId, ousting, userId }: NewProof
) => {
  const { fragments, sql } = means
  const kind = sql`
    select case purpose when 'sign-up' then 'sign-up' when 'change-email' then 'email-changed'
                        when 'keep-email' then 'email-kept'
                        else 'email-proven' end as kind, u.id as user_id, null::uuid as session_id
    from fresh, u
    union all
    select 'email-proof-refused', null, null where not exists (select from u)`
  const parts = [
    ...presented(sql, token, ["verify-email", "change-email", "keep-email", "sign-up"]),
    sql`proven as (
      update users set email_verified = coalesce(users.email_verified, now()), updated_at = now()
      from fresh
      where purpose = 'verify-email' and users.id = fresh.user_id and users.email = fresh.email
      returning users.id
    )`,
    ...emailChanged(sql),
    ...emailKept(sql, token, ousting),
    sql`created as (
      insert into users (id, email, password_hash, email_verified)
      select ${userId}::uuid, email, password_hash, now() from fresh where purpose = 'sign-up'
      returning id
    )`,
    sql`u as (
      select * from proven union all select * from changed
      union all select * from kept union all select * from created
    )`,
    used(sql, token),
    audit(sql, token.event, kind),
    ...fragments.letter("farewell", letterId, sql`${replacedTold(sql)} union all ${heldTold(sql)}`)
  ]
  return sql`with ${sql.csv(parts)} ${verdict(sql, token)}`
}

/** Writes down whose token was refused, which is as good as before for another attempt. */
const takenStatement = (sql: SqlClient, { event, token }: Presented) => {
  const rows = sql`
    select 'email-proof-refused' as kind, user_id, null::uuid as session_id
    from one_time_tokens where token_digest = ${digest(token)}`
  return sql`with ${audit(sql, event, rows)} select`
}

type Verdict = "done" | "invalid" | "taken"

const verdictOf = (
  statement: Effect.Effect<ReadonlyArray<unknown>, SqlError>
): Effect.Effect<Verdict, SqlError> =>
  statement.pipe(
    Effect.map((rows): Verdict => (rows.length > 0 ? "done" : "invalid")),
    Effect.catchIf(isAddressTaken, () => Effect.succeed<Verdict>("taken"))
  )

/** See the methods of these names of `Accounts`. */
export const makeEmailProof = (means: AccountMeans) => {
  const { answered, outbox, sql, throttle } = means

  const requestEmailProof = Effect.fn("Accounts.requestEmailProof")(function* (
    user: User,
    requester?: Requester
  ) {
    yield* throttle.admit([...from("mailFrom", requester), toMailbox(user.email)])
    const made = { event: yield* newEvent(requester), letterId: yield* newId }
    yield* posted(outbox, answered(requestStatement(means, user, made)))
  })

  const proveEmail = Effect.fn("Accounts.proveEmail")(function* (
    token: OneTimeToken,
    requester?: Requester
  ) {
    yield* throttle.admit(from("redeemFrom", requester))
    const made = {
      ousting: yield* newEvent(requester),
      letterId: yield* newId,
      userId: yield* newId
    }
    const tried = { token, attempt: yield* newId, event: yield* newEvent(requester) }
    const statement = verdictOf(proveStatement(means, tried, made))
    const outcome = yield* posted(outbox, answered(statement))
    if (outcome === "taken") {
      yield* answered(takenStatement(sql, tried))
      return yield* new EmailTaken()
    }
    if (outcome === "invalid") return yield* new TokenInvalid()
  })

  return { requestEmailProof, proveEmail }
}
