import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { type Findings, offendingOf, zerosOf } from "../../proofs/signups/Findings.ts"
import { page } from "../../proofs/signups/Page.ts"
import { points, shareOf } from "../../proofs/signups/Point.ts"
import { type Ending, newVisitor } from "../../proofs/signups/Visitor.ts"

const visitor = newVisitor("here")
const { email } = visitor
const ending: Ending = {
  visitor,
  status: 201,
  userId: "1",
  hasSession: true,
  requests: 1,
  millis: 10
}
const user = { email, users: 1, sessions: 1, events: 1 }
const clean: Findings = {
  endings: [ending],
  kept: [user],
  strayEvents: 0,
  mails: [email],
  unsent: 0
}

const broken: Record<string, Partial<Findings>> = {
  "a sign-up that failed": { endings: [{ ...ending, status: 503 }] },
  "a session that is none": { endings: [{ ...ending, hasSession: false }] },
  "a user who is there twice": { kept: [{ ...user, users: 2 }] },
  "a user without a session": { kept: [{ ...user, sessions: 0 }] },
  "a user without an event": { kept: [{ ...user, events: 0 }] },
  "a user with two events": { kept: [{ ...user, events: 2 }] },
  "an event without a user": { strayEvents: 1 },
  "a user without a mail": { mails: [] },
  "a third mail": { mails: [email, email, email] },
  "a mail to nobody": { mails: [email, "nobody@example.com"] },
  "a mail that was not sent": { unsent: 1 }
}

describe("the verdict on sign-ups that are killed", () => {
  it("finds no offence where each is there once, also with a second mail", () => {
    assert.deepStrictEqual(offendingOf(clean), [])
    assert.deepStrictEqual(offendingOf({ ...clean, mails: [email, email] }), [])
  })

  it.each(Object.entries(broken))("finds %s, once", (_, findings) => {
    assert.deepStrictEqual(
      offendingOf({ ...clean, ...findings }).map(({ count }) => count),
      [1]
    )
  })

  it("misses users who were answered and are not there", () => {
    const offences = offendingOf({ ...clean, kept: [], mails: [] })
    assert.deepStrictEqual(
      offences.map(({ what }) => what),
      ["users who were answered and are not there"]
    )
  })
})

describe("the points at which sign-ups are killed", () => {
  it("come to ten thousand sign-ups and more, in whole batches", () => {
    const counts = points.map((point) => shareOf(point, 10_000))
    assert.isAtLeast(
      counts.reduce((sum, count) => sum + count, 0),
      10_000
    )
    for (const [i, { batch }] of points.entries()) assert.strictEqual((counts[i] ?? 0) % batch, 0)
  })
})

describe("the page on sign-ups", () => {
  it("shows every zero and every point", () => {
    const text = page({
      findings: clean,
      postgresVersion: "18.4",
      nodeVersion: "20.19.0",
      took: Duration.minutes(3),
      cuts: 7
    })
    for (const { what } of zerosOf(clean)) assert.include(text, `| ${what} | 0 |`)
    assert.include(text, "| here | 1 |")
  })
})
