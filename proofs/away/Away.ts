import { type Duration, Effect, Fiber } from "effect"
import type { FaultProxy } from "../../src/testing/index.ts"
import type { Answer, Ask } from "../service/Ask.ts"
import { sessionTokenIn } from "../service/SignedUp.ts"

/** An answer to who is signed in, from when it was asked: milliseconds by `performance.now`. */
export interface Look {
  readonly askedAt: number
  readonly endedAt: number
  /** 0: the service did not answer. */
  readonly status: number
  readonly hasRetryAfter: boolean
  readonly setsCookie: boolean
}

/** What people with valid sessions were answered, and when the database was away. */
export interface Absence {
  readonly looks: ReadonlyArray<Look>
  readonly leftAt: number
  readonly backAt: number
}

/** Signs somebody up, for their token. */
const token = (ask: Ask, index: number) =>
  ask({
    method: "POST",
    path: "/auth/signup",
    body: { email: `away.${index}@example.com`, password: "a proof of sessions" }
  }).pipe(Effect.flatMap(({ text }) => sessionTokenIn(text)))

/** Half of them are browsers. */
const headersOf = (secret: string, index: number): Readonly<Record<string, string>> =>
  index % 2 === 0 ? { authorization: `Bearer ${secret}` } : { cookie: `__Host-session=${secret}` }

const lookOf = (askedAt: number, answer: Answer | undefined): Look => ({
  askedAt,
  endedAt: performance.now(),
  status: answer?.status ?? 0,
  hasRetryAfter: Number(answer?.headers["retry-after"]) >= 1,
  setsCookie: answer?.headers["set-cookie"] !== undefined
})

const look = (ask: Ask, headers: Readonly<Record<string, string>>) =>
  Effect.suspend(() => {
    const askedAt = performance.now()
    return ask({ method: "GET", path: "/auth/session", headers }).pipe(
      Effect.map((answer) => lookOf(askedAt, answer)),
      Effect.orElseSucceed(() => lookOf(askedAt, undefined))
    )
  })

/** Takes the database away for so long from people who keep asking who they are. */
export const absence = (options: {
  readonly ask: Ask
  readonly proxy: FaultProxy["Type"]
  readonly people: number
  readonly lasts: Duration.DurationInput
}) =>
  Effect.gen(function* () {
    const { ask, lasts, people, proxy } = options
    const looks: Array<Look> = []
    const tokens = yield* Effect.forEach(Array.from({ length: people }), (_, i) => token(ask, i))
    const person = (secret: string, index: number) =>
      look(ask, headersOf(secret, index)).pipe(
        Effect.tap((seen) => Effect.sync(() => looks.push(seen))),
        Effect.zipRight(Effect.sleep("20 millis")),
        Effect.forever
      )
    const crowd = yield* Effect.fork(Effect.forEach(tokens, person, { concurrency: "unbounded" }))
    yield* Effect.sleep("500 millis")
    const leftAt = performance.now()
    yield* Effect.zipRight(proxy.refuse, proxy.resetAll)
    yield* Effect.sleep(lasts)
    const backAt = performance.now()
    yield* proxy.heal
    yield* Effect.sleep("3 seconds")
    yield* Fiber.interrupt(crowd)
    return { looks, leftAt, backAt } satisfies Absence
  })

/** The first success must come within so many milliseconds of the database's return. */
export const promise = 1000

const firstSuccess = ({ backAt, looks }: Absence): number =>
  Math.min(
    ...looks
      .filter(({ endedAt, status }) => status === 200 && endedAt >= backAt)
      .map(({ endedAt }) => endedAt - backAt)
  )

/** What was seen, in numbers. */
export const summary = (seen: Absence) => {
  const count = (of: (look: Look) => boolean) => seen.looks.filter(of).length
  return {
    answered: count(({ status }) => status === 200),
    unavailable: count(({ status }) => status === 503),
    signedOut: count(({ status }) => status === 401),
    cookies: count(({ setsCookie }) => setsCookie),
    otherwise: count(({ status }) => ![200, 401, 503].includes(status)),
    withoutRetryAfter: count(({ hasRetryAfter, status }) => status === 503 && !hasRetryAfter),
    firstSuccess: firstSuccess(seen)
  }
}

/** What is not as promised, in a clause each. */
export const brokenPromises = (seen: Absence): ReadonlyArray<string> => {
  const { answered, cookies, firstSuccess, otherwise, signedOut, unavailable, withoutRetryAfter } =
    summary(seen)
  return [
    ...(answered === 0 || unavailable === 0 ? ["nobody was answered, or nobody noticed"] : []),
    ...(signedOut > 0 ? [`${signedOut} were told that they are signed out`] : []),
    ...(cookies > 0 ? [`${cookies} answers set a cookie`] : []),
    ...(otherwise > 0 ? [`${otherwise} were answered otherwise, or not at all`] : []),
    ...(withoutRetryAfter > 0 ? [`${withoutRetryAfter} answers of 503 had no Retry-After`] : []),
    ...(firstSuccess > promise
      ? [`the first success came ${Math.round(firstSuccess)} ms after the database`]
      : [])
  ]
}
