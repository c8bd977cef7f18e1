import { Agent } from "node:http"
import { Effect } from "effect"
import type { Question } from "../service/Ask.ts"
import { type Ending, endingOf } from "../service/Ending.ts"
import { sessionTokenIn } from "../service/SignedUp.ts"

/** A request, by milliseconds of `performance.now`. */
export interface Visit {
  readonly sentAt: number
  readonly endedAt: number
  readonly ending: Ending
  /** Whose sign-up it was; absent: a look-up. */
  readonly email: string | undefined
}

/** Who comes to the service at an address. */
export interface CrowdOptions {
  readonly url: string
  /** Names addresses, so that nobody signs up twice. */
  readonly name: string
  /** How many ask at the same time: half over connections that are kept, half over new ones. */
  readonly people: number
  /** Whether to stop after the next answer. Default: never. */
  readonly isOver?: () => boolean
}

const tokenIn = (ending: Ending) =>
  ending._tag === "Answered" && ending.status === 201
    ? sessionTokenIn(ending.text)
    : Effect.succeed("none")

/** Every so many requests somebody signs up, which takes some hashing. */
const EACH = 10

const lookUp = (token: string): Question => ({
  method: "GET",
  path: "/auth/session",
  headers: { authorization: `Bearer ${token}` }
})

const signUp = (email: string): Question => ({
  method: "POST",
  path: "/auth/signup",
  body: { email, password: "a proof of drains" }
})

/** Asks again and again, and keeps what came of it. Stops when nobody listens any more. */
export const crowd = ({ isOver = () => false, name, people, url }: CrowdOptions) =>
  Effect.gen(function* () {
    const visits: Array<Visit> = []
    const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
    let asked = 0

    const visit = (isKept: boolean, question: Question, email: string | undefined) =>
      Effect.gen(function* () {
        const sentAt = performance.now()
        const ending = yield* endingOf(url, isKept ? agent : false, question)
        visits.push({ sentAt, endedAt: performance.now(), ending, email })
        return ending
      })

    const signUpAs = (isKept: boolean, email: string) => visit(isKept, signUp(email), email)

    const token = yield* Effect.flatMap(signUpAs(false, `${name}.0@example.com`), tokenIn)
    const next = (isKept: boolean) =>
      Effect.suspend(() =>
        ++asked % EACH === 0
          ? signUpAs(isKept, `${name}.${asked}@example.com`)
          : visit(isKept, lookUp(token), undefined)
      )

    const person = (index: number) =>
      next(index % 2 === 0).pipe(
        Effect.tap(() => Effect.sleep("2 millis")),
        Effect.repeat({ until: (ending) => ending._tag === "Refused" || isOver() })
      )

    yield* Effect.forEach(Array.from({ length: people }), (_, index) => person(index), {
      concurrency: "unbounded",
      discard: true
    }).pipe(Effect.ensuring(Effect.sync(() => agent.destroy())))
    return visits
  })
