import { assert, describe, it } from "@effect/vitest"
import { type Absence, brokenPromises, type Look } from "../../proofs/away/Away.ts"

const look = (endedAt: number, status: number, rest: Partial<Look> = {}): Look => ({
  askedAt: 0,
  endedAt,
  status,
  hasRetryAfter: status === 503,
  setsCookie: false,
  ...rest
})

const clean: Absence = {
  looks: [look(100, 200), look(1500, 503), look(3000, 200)],
  leftAt: 1000,
  backAt: 2000
}

const broken: Record<string, ReadonlyArray<Look>> = {
  "someone who is told to be signed out": [...clean.looks, look(1500, 401)],
  "a cookie that is set": [...clean.looks, look(1500, 503, { setsCookie: true })],
  "a request without an answer": [...clean.looks, look(1500, 0)],
  "a 503 that does not say when": [...clean.looks, look(1500, 503, { hasRetryAfter: false })],
  "a late success": [look(100, 200), look(1500, 503), look(3001, 200)],
  "an absence that nobody noticed": [look(100, 200), look(2100, 200)]
}

describe("the verdict on an absence of the database", () => {
  it("finds nothing where everybody was told to wait, and served within a second", () => {
    assert.deepStrictEqual(brokenPromises(clean), [])
  })

  it.each(Object.entries(broken))("finds %s", (_, looks) => {
    assert.lengthOf(brokenPromises({ ...clean, looks }), 1)
  })
})
