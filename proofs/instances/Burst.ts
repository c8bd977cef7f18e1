import { Effect } from "effect"
import { endingOf } from "../service/Ending.ts"
import { fromElsewhere } from "./Person.ts"

/** How many letters one mailbox may ask for at once: `resetTo` of `ThrottleLimits`. */
export const LIMIT = 5

/** How many ask at the same time, through all instances. */
export const CALLERS = 30

/** Requests for letters to one mailbox, all at once, each from another address. */
export interface Burst {
  readonly passed: number
  readonly refused: number
  /** Answered 5xx, or not at all: the database or an instance was away. */
  readonly unanswered: number
}

/** One burst, at a mailbox of its own. */
export const burst = (url: string, number: number): Effect.Effect<Burst> =>
  Effect.gen(function* () {
    const ask = () =>
      endingOf(url, false, {
        method: "POST",
        path: "/auth/password/reset-request",
        headers: fromElsewhere(),
        body: { email: `nobody.${number}@example.com` }
      })
    const endings = yield* Effect.forEach(Array.from({ length: CALLERS }), ask, {
      concurrency: "unbounded"
    })
    const answers = endings.map((ending) => (ending._tag === "Answered" ? ending.status : 0))
    const passed = answers.filter((status) => status >= 200 && status < 300).length
    const refused = answers.filter((status) => status === 429).length
    return { passed, refused, unanswered: answers.length - passed - refused }
  })
