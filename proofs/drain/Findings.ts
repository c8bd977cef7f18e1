import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Visit } from "./Crowd.ts"
import type { Exit, Round } from "./Round.ts"

/** How many requests ended how. */
export interface Endings {
  readonly answered: number
  /** Answered 503 with the tag `Draining`. */
  readonly refused: number
  /** Any other 5xx. */
  readonly failed: number
  /** Nobody listened any more: no byte was sent. */
  readonly unconnected: number
  /** Reset before an answer, on a connection that had been used before. */
  readonly crossed: number
  /** The same on a new connection. */
  readonly unaccepted: number
  /** Cut off in the middle of an answer. */
  readonly broken: number
}

const kindOf = ({ ending }: Visit): keyof Endings => {
  switch (ending._tag) {
    case "Refused":
      return "unconnected"
    case "Reset":
      return ending.isReused ? "crossed" : "unaccepted"
    case "Broken":
      return "broken"
    case "Answered":
      if (ending.status < 500) return "answered"
      return ending.text.includes('"Draining"') ? "refused" : "failed"
  }
}

const none: Endings = {
  answered: 0,
  refused: 0,
  failed: 0,
  unconnected: 0,
  crossed: 0,
  unaccepted: 0,
  broken: 0
}

const count = (visits: ReadonlyArray<Visit>): Endings => {
  const endings = { ...none }
  for (const visit of visits) endings[kindOf(visit)] += 1
  return endings
}

/** What rounds of one kind have shown. */
export interface Findings {
  readonly rounds: number
  /** Requests that ended before the first signal, and those after it. */
  readonly before: Endings
  readonly after: Endings
  readonly exits: ReadonlyArray<Exit>
  readonly acknowledged: number
  /** Sign-ups that were acknowledged and have no row with a session. */
  readonly lost: number
  /** Rows of sign-ups that were not acknowledged. */
  readonly unheard: number
  /** What was said with a 5xx, each once. */
  readonly failures: ReadonlyArray<string>
}

const isAcknowledged = ({ email, ending }: Visit) =>
  email !== undefined && ending._tag === "Answered" && ending.status === 201

/** Who has an account and a session. */
export const peopleIn = (direct: SqlClient): Effect.Effect<ReadonlySet<string>, SqlError> =>
  Effect.map(
    direct<{ readonly email: string }>`
      select email from users u where exists (select from sessions s where s.user_id = u.id)`,
    (rows) => new Set(rows.map(({ email }) => email))
  )

const failureIn = (visit: Visit) =>
  kindOf(visit) === "failed" && visit.ending._tag === "Answered"
    ? [`${visit.ending.status} ${visit.ending.text}`]
    : []

export const findingsOf = (rounds: ReadonlyArray<Round>, people: ReadonlySet<string>): Findings => {
  const visits = rounds.flatMap((round) => round.visits)
  const early = rounds.flatMap(({ toldAt, visits }) =>
    visits.filter(({ endedAt }) => endedAt < toldAt)
  )
  const late = rounds.flatMap(({ toldAt, visits }) =>
    visits.filter(({ endedAt }) => endedAt >= toldAt)
  )
  const signUps = visits.filter(({ email }) => email !== undefined)
  const isThere = ({ email = "" }: Visit) => people.has(email)
  return {
    rounds: rounds.length,
    before: count(early),
    after: count(late),
    exits: rounds.flatMap(({ exits }) => exits),
    acknowledged: signUps.filter(isAcknowledged).length,
    lost: signUps.filter((visit) => isAcknowledged(visit) && !isThere(visit)).length,
    unheard: signUps.filter((visit) => !isAcknowledged(visit) && isThere(visit)).length,
    failures: [...new Set(visits.flatMap(failureIn))]
  }
}

const clause = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`])

const common = ({ acknowledged, after, before, exits, failures, lost, unheard }: Findings) => [
  ...(acknowledged === 0 || after.answered === 0 ? ["nobody was answered"] : []),
  ...clause(lost, "acknowledged sign-ups without a row"),
  ...clause(unheard, "rows of sign-ups that were not acknowledged"),
  ...clause(before.broken + after.broken, "answers cut off"),
  ...clause(before.failed + after.failed, `requests failed (${failures.join("; ")})`),
  ...clause(exits.filter(({ code }) => code !== 0).length, "exits with another code than 0")
]

/** What is not as promised where clients come by themselves. */
export const brokenAlone = (findings: Findings): ReadonlyArray<string> => {
  const { crossed, refused, unaccepted, unconnected } = findings.before
  const early = crossed + refused + unaccepted + unconnected
  return [...common(findings), ...clause(early, "requests refused or reset before the signal")]
}

/** What is not as promised behind a balancer. */
export const brokenBalanced = (findings: Findings): ReadonlyArray<string> => {
  const { crossed, refused, unaccepted, unconnected } = findings.after
  return [
    ...common(findings),
    ...clause(crossed + refused + unaccepted + unconnected, "requests refused or reset")
  ]
}
