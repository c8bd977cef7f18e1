import { assert, describe, it } from "@effect/vitest"
import { type Bulkhead, brokenPromises } from "../../proofs/bulkhead/Bulkhead.ts"

const answer = (status: number, retryAfter?: string) => ({
  status,
  headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  text: "",
  millis: 1
})

const clean: Bulkhead = {
  names: [19.9],
  health: [49.9],
  sessions: [49.9],
  signUps: [answer(201)],
  overload: [answer(201), answer(503, "1")]
}

const broken: Record<string, Partial<Bulkhead>> = {
  "a slow look-up of a name": { names: [20] },
  "a slow sign of life": { health: [50] },
  "a slow look-up of a session": { sessions: [50] },
  "no look-up at all": { sessions: [] },
  "a sign-up that failed": { signUps: [answer(503, "1")] },
  "a refusal that does not say when": { overload: [answer(503, "1"), answer(503)] },
  "nobody refused": { overload: [answer(201)] }
}

describe("the verdict on the bulkhead", () => {
  it("finds nothing where everybody else is served in time", () => {
    assert.deepStrictEqual(brokenPromises(clean), [])
  })

  it.each(Object.entries(broken))("finds %s", (_, seen) => {
    assert.lengthOf(brokenPromises({ ...clean, ...seen }), 1)
  })
})
