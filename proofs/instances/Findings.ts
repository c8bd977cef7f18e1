import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { type Burst, LIMIT } from "./Burst.ts"
import type { Ordeal } from "./Ordeal.ts"

/** What the database holds of the people. */
interface Rows {
  readonly email: string
  readonly sessions: number
  readonly sign_ups: number
}

/** Who is in the database, with how many sessions and events of a sign-up. */
export const rowsIn = (direct: SqlClient) =>
  direct<Rows>`
    select u.email, (select count(*)::int from sessions s where s.user_id = u.id) as sessions,
           (select count(*)::int from audit_events a
            where a.user_id = u.id and a.kind = 'sign-up') as sign_ups
    from users u`

/** Ends when no letter is left to be sent. */
export const settled = (direct: SqlClient) =>
  direct`select 1 as letter from outbox`.pipe(
    Effect.delay("500 millis"),
    Effect.repeat({ until: (rows) => rows.length === 0 }),
    Effect.timeout("100 seconds")
  )

/** Everything that the page tells. */
export interface Findings {
  readonly ordeal: Ordeal
  readonly rows: ReadonlyArray<Rows>
  /** The recipients of letters, in the order of delivery. */
  readonly letters: ReadonlyArray<string>
  /** Requests that an instance did not answer after they were sent to it. */
  readonly unanswered: number
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number) =>
  all.reduce((total, one) => total + of(one), 0)

const tooMany = (bursts: ReadonlyArray<Burst>) =>
  bursts.filter(({ passed }) => passed > LIMIT).length

/** Instances that ended, times the letters that each may have had in hand (`Outbox`). */
export const promisedDuplicates = 3 * 4

/** The page's numbers. */
export const summary = ({ letters, ordeal, rows, unanswered }: Findings) => {
  const { calm, persons, stormy } = ordeal
  const known = new Map(rows.map((row) => [row.email, row]))
  const written = new Set(letters)
  const stayed = persons.filter(({ remembered }) => remembered < 0)
  return {
    acknowledged: persons.length,
    repeated: persons.filter(({ tries }) => tries > 1).length,
    users: rows.length,
    lost: persons.filter(({ email }) => !known.has(email)).length,
    doubled: rows.filter((row) => row.sign_ups !== 1).length,
    sessionless: stayed.filter(({ email }) => known.get(email)?.sessions === 0).length,
    forgotten: sum(persons, (person) => person.forgotten),
    signedOut: persons.length - stayed.length,
    remembered: sum(persons, ({ remembered }) => Math.max(0, remembered)),
    calmBursts: calm.length,
    calmWrong: calm.filter(({ passed }) => passed !== LIMIT).length,
    stormyBursts: stormy.length,
    stormyExact: stormy.filter(({ passed }) => passed === LIMIT).length,
    stormyTooMany: tooMany(stormy),
    letters: letters.length,
    unwritten: rows.filter(({ email }) => !written.has(email)).length,
    duplicates: letters.length - written.size,
    unanswered
  }
}

const clause = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`])

/** What is not as promised, in a clause each. */
export const brokenPromises = (findings: Findings): ReadonlyArray<string> => {
  const seen = summary(findings)
  return [
    ...(seen.acknowledged === 0 ? ["nobody signed up"] : []),
    ...clause(seen.users - seen.acknowledged, "users more than acknowledged sign-ups"),
    ...clause(seen.lost, "acknowledged sign-ups are lost"),
    ...clause(seen.doubled, "users did not sign up exactly once"),
    ...clause(seen.sessionless, "users have no session"),
    ...clause(seen.forgotten, "look-ups did not know a valid session"),
    ...clause(seen.remembered, "look-ups knew a revoked session"),
    ...clause(seen.calmWrong, `bursts did not let ${LIMIT} pass, with nothing wrong`),
    ...clause(seen.stormyTooMany, `bursts let more than ${LIMIT} pass`),
    ...clause(seen.unwritten, "users got no letter"),
    ...clause(Math.max(0, seen.duplicates - promisedDuplicates), "letters too many")
  ]
}
