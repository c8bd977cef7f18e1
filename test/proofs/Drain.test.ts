import { assert, describe, it } from "@effect/vitest"
import type { Visit } from "../../proofs/drain/Crowd.ts"
import { brokenAlone, brokenBalanced, findingsOf } from "../../proofs/drain/Findings.ts"
import type { Round } from "../../proofs/drain/Round.ts"
import { Ending } from "../../proofs/service/Ending.ts"

const visit = (endedAt: number, ending: Ending, email?: string): Visit => ({
  sentAt: endedAt - 1,
  endedAt,
  ending,
  email
})

const answered = (status: number, text = "") => Ending.Answered({ status, text })

const clean: Round = {
  visits: [visit(100, answered(201), "a@example.com"), visit(1100, answered(200))],
  toldAt: 1000,
  exits: [{ code: 0, took: 200 }]
}

const people = new Set(["a@example.com"])

const withVisits = (...visits: ReadonlyArray<Visit>): Round => ({
  ...clean,
  visits: [...clean.visits, ...visits]
})

const always: Record<string, Round> = {
  "an answer that was cut off": withVisits(visit(1100, Ending.Broken())),
  "a request that failed": withVisits(visit(1100, answered(503, "away"))),
  "a sign-up that was lost": withVisits(visit(1100, answered(201), "lost@example.com")),
  "a sign-up that nobody heard of": {
    ...clean,
    visits: [visit(100, answered(201), "a@example.com"), ...clean.visits.slice(1)].with(
      0,
      visit(1100, Ending.Reset({ isReused: true }), "a@example.com")
    )
  },
  "an exit by a signal": { ...clean, exits: [{ code: "SIGKILL", took: 200 }] }
}

/** What no server can help where clients come by themselves. */
const late = [
  visit(1100, Ending.Refused()),
  visit(1100, Ending.Reset({ isReused: true })),
  visit(1100, Ending.Reset({ isReused: false })),
  visit(1100, answered(503, '"Draining"'))
]

describe("the verdict on a service that was told to end", () => {
  it("finds nothing where everybody was answered, or could not be", () => {
    assert.deepStrictEqual(brokenAlone(findingsOf([withVisits(...late)], people)), [])
    assert.deepStrictEqual(brokenBalanced(findingsOf([clean], people)), [])
  })

  it.each(Object.entries(always))("finds %s", (_, round) => {
    assert.isNotEmpty(brokenAlone(findingsOf([round], people)))
    assert.isNotEmpty(brokenBalanced(findingsOf([round], people)))
  })

  it.each(late)("finds behind a balancer what is nobody's fault without one: %#", (one) => {
    assert.lengthOf(brokenBalanced(findingsOf([withVisits(one)], people)), 1)
  })

  it("finds a request that was reset before anybody was told", () => {
    const early = visit(100, Ending.Reset({ isReused: false }))
    assert.lengthOf(brokenAlone(findingsOf([withVisits(early)], people)), 1)
  })
})
