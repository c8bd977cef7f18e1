import { assert, describe, it } from "@effect/vitest"
import {
  brokenPromises,
  type Findings,
  promisedDuplicates
} from "../../proofs/instances/Findings.ts"

const stayed = { email: "a@example.com", tries: 1, forgotten: 0, remembered: -1 }
const exact = { passed: 5, refused: 25, unanswered: 0 }
const row = { email: "a@example.com", sessions: 1, sign_ups: 1 }

const clean: Findings = {
  ordeal: { persons: [stayed], calm: [exact], stormy: [{ ...exact, passed: 3 }], faults: [] },
  rows: [row],
  letters: ["a@example.com"],
  unanswered: 3
}

const withOrdeal = (changes: Partial<Findings["ordeal"]>): Findings => ({
  ...clean,
  ordeal: { ...clean.ordeal, ...changes }
})

const other = { ...row, email: "b@example.com" }

const broken: Record<string, Findings> = {
  "a sign-up that was lost": withOrdeal({
    persons: [stayed, { ...stayed, email: "c@example.com" }]
  }),
  "a user whom nobody was told of": {
    ...clean,
    rows: [row, other],
    letters: ["a@example.com", "b@example.com"]
  },
  "somebody who signed up twice": { ...clean, rows: [{ ...row, sign_ups: 2 }] },
  "somebody without a session": { ...clean, rows: [{ ...row, sessions: 0 }] },
  "a session that an instance did not know": withOrdeal({ persons: [{ ...stayed, forgotten: 1 }] }),
  "a session that outlived its sign-out": withOrdeal({ persons: [{ ...stayed, remembered: 1 }] }),
  "a limit that let too many pass": withOrdeal({ stormy: [{ ...exact, passed: 6 }] }),
  "a limit that let too few pass, with nothing wrong": withOrdeal({
    calm: [{ ...exact, passed: 4 }]
  }),
  "a letter that was lost": { ...clean, letters: [] },
  "letters without end": {
    ...clean,
    letters: Array.from({ length: promisedDuplicates + 2 }, () => "a@example.com")
  }
}

describe("the verdict on three instances", () => {
  it("finds nothing where every promise was kept", () => {
    assert.deepStrictEqual(brokenPromises(clean), [])
  })

  it.each(Object.entries(broken))("finds %s", (_, findings) => {
    assert.isNotEmpty(brokenPromises(findings))
  })
})
