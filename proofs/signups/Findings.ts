import type { Ending } from "./Visitor.ts"

/** What the tables hold of one address: how many users, and what those have. */
export interface Kept {
  readonly email: string
  readonly users: number
  readonly sessions: number
  /** Events of the kind `sign-up`. */
  readonly events: number
}

/** Everything that was seen. */
export interface Findings {
  readonly endings: ReadonlyArray<Ending>
  readonly kept: ReadonlyArray<Kept>
  /** Events of sign-ups whose user does not exist. */
  readonly strayEvents: number
  /** To whom a letter came, once for each. */
  readonly mails: ReadonlyArray<string>
  /** Letters that were still to be sent when it was over. */
  readonly unsent: number
}

/** Something that must not happen, and how often it did. */
export interface Zero {
  readonly what: string
  readonly count: number
}

const countsOf = (texts: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** The verdict: every count must be zero. */
export const zerosOf = (findings: Findings): ReadonlyArray<Zero> => {
  const { endings, kept, strayEvents, unsent } = findings
  const mails = countsOf(findings.mails)
  const addresses = new Set(kept.map(({ email }) => email))
  const signedUp = endings.filter(({ status }) => status === 201)
  const many = (of: ReadonlyArray<unknown>) => of.length
  const mailsTo = (email: string) => mails.get(email) ?? 0
  return [
    {
      what: "sign-ups that failed, though tried until the deadline",
      count: endings.length - signedUp.length
    },
    {
      what: "users who were answered and are not there",
      count: many(signedUp.filter(({ visitor }) => !addresses.has(visitor.email)))
    },
    {
      what: "sessions that were answered and are none",
      count: many(signedUp.filter(({ hasSession }) => !hasSession))
    },
    { what: "users who are there twice", count: many(kept.filter(({ users }) => users > 1)) },
    {
      what: "users without a session",
      count: many(kept.filter(({ sessions }) => sessions === 0))
    },
    {
      what: "users without exactly one event of their sign-up",
      count: many(kept.filter(({ events }) => events !== 1))
    },
    { what: "events of sign-ups that were not committed", count: strayEvents },
    {
      what: "users without a mail",
      count: many(kept.filter(({ email }) => mailsTo(email) === 0))
    },
    {
      what: "users with more than two mails",
      count: many(kept.filter(({ email }) => mailsTo(email) > 2))
    },
    {
      what: "mails for sign-ups that were not committed",
      count: many([...mails.keys()].filter((email) => !addresses.has(email)))
    },
    { what: "mails that were never sent", count: unsent }
  ]
}

/** Those that are not zero. */
export const offendingOf = (findings: Findings): ReadonlyArray<Zero> =>
  zerosOf(findings).filter(({ count }) => count > 0)
