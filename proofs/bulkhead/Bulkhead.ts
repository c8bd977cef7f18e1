import { randomUUID } from "node:crypto"
import { lookup } from "node:dns/promises"
import { Array as Arrays, Effect, Fiber, Schema } from "effect"
import type { FaultProxy } from "../../src/testing/index.ts"
import { quantile } from "../interrupts/Timing.ts"
import type { Answer, Ask } from "../service/Ask.ts"

/** What stands in front of the service, and who asks: crowds come by lines of their own. */
export interface Means {
  readonly ask: Ask
  readonly crowd: Ask
  readonly proxy: FaultProxy["Type"]
}

/** Milliseconds that each probe took, while so many signed up and the database was dropped. */
export interface Bulkhead {
  readonly names: ReadonlyArray<number>
  readonly health: ReadonlyArray<number>
  /** Asked while the database was there. */
  readonly sessions: ReadonlyArray<number>
  readonly signUps: ReadonlyArray<Answer>
  /** Of a crowd that is too large. */
  readonly overload: ReadonlyArray<Answer>
}

const post = (email: string) => ({
  method: "POST" as const,
  path: "/auth/signup",
  body: { email, password: "a proof of bulkheads" }
})

const crowdOf = (ask: Ask, size: number) =>
  Effect.forEach(
    Array.from({ length: size }),
    () => Effect.option(ask(post(`${randomUUID()}@example.com`))),
    { concurrency: "unbounded" }
  ).pipe(Effect.map(Arrays.getSomes))

const SignedUp = Schema.parseJson(
  Schema.Struct({ session: Schema.Struct({ sessionToken: Schema.String }) })
)

interface Probe {
  readonly at: number
  readonly millis: number
}

/** Asks again and again, and notes how long each answer took. */
const probing = <E>(question: Effect.Effect<unknown, E>, into: Array<Probe>) =>
  Effect.suspend(() => {
    const at = performance.now()
    return Effect.map(question, () => into.push({ at, millis: performance.now() - at }))
  }).pipe(Effect.ignore, Effect.zipRight(Effect.sleep("10 millis")), Effect.forever)

const dropped = ({ proxy }: Means) =>
  Effect.gen(function* () {
    yield* Effect.sleep("300 millis")
    const from = performance.now()
    yield* Effect.zipRight(proxy.refuse, proxy.resetAll)
    yield* Effect.sleep("2 seconds")
    yield* proxy.heal
    // Once it is there: the pool has connected again.
    yield* Effect.sleep("500 millis")
    return { from, to: performance.now() }
  })

/** Has a crowd sign up while the database is dropped, and watches what it costs the others. */
export const bulkhead = (means: Means, size: number) =>
  Effect.gen(function* () {
    const { ask, crowd } = means
    const { text } = yield* ask(post(`${randomUUID()}@example.com`))
    const { session } = yield* Schema.decodeUnknown(SignedUp)(text)
    const headers = { authorization: `Bearer ${session.sessionToken}` }
    const names: Array<Probe> = []
    const health: Array<Probe> = []
    const sessions: Array<Probe> = []
    const probes = yield* Effect.fork(
      Effect.all(
        [
          probing(
            Effect.promise(() => lookup("localhost")),
            names
          ),
          probing(ask({ method: "GET", path: "/health" }), health),
          probing(ask({ method: "GET", path: "/auth/session", headers }), sessions)
        ],
        { concurrency: 3 }
      )
    )
    yield* Effect.sleep("300 millis")
    const [signUps, away] = yield* Effect.all([crowdOf(crowd, size), dropped(means)], {
      concurrency: 2
    })
    // Crowds go on coming while the database is there: it is their hashing that may be felt.
    const later = yield* crowdOf(crowd, size)
    yield* Fiber.interrupt(probes)
    const overload = yield* crowdOf(crowd, 3 * size)
    const millis = (probes: ReadonlyArray<Probe>) => probes.map((probe) => probe.millis)
    const isThere = ({ at, millis }: Probe) => at + millis < away.from || at > away.to
    return {
      names: millis(names),
      health: millis(health),
      sessions: millis(sessions.filter(isThere)),
      signUps: [...signUps, ...later],
      overload
    } satisfies Bulkhead
  })

/** Nearly all must be answered within so many milliseconds. */
export const promises = { names: 20, health: 50, sessions: 50 } as const

const p99 = (times: ReadonlyArray<number>) => quantile(times, 0.99)

/** Answered, or told when to ask again. */
const isHonest = ({ headers, status }: Answer) =>
  status === 201 || (status === 503 && Number(headers["retry-after"]) >= 1)

/** What is not as promised, in a clause each. */
export const brokenPromises = (seen: Bulkhead): ReadonlyArray<string> => {
  const late = (["names", "health", "sessions"] as const)
    .filter((of) => !(p99(seen[of]) < promises[of]) || seen[of].length === 0)
    .map((of) => `the p99 of ${of} is ${p99(seen[of]).toFixed(1)} ms of ${seen[of].length}`)
  const lost = seen.signUps.filter(({ status }) => status !== 201).length
  const dishonest = seen.overload.filter((answer) => !isHonest(answer)).length
  const refused = seen.overload.filter(({ status }) => status === 503).length
  return [
    ...late,
    ...(lost > 0 ? [`${lost} sign-ups of the crowd failed`] : []),
    ...(dishonest > 0 ? [`${dishonest} of too many were answered otherwise`] : []),
    ...(refused === 0 ? ["nobody of too many was refused"] : [])
  ]
}
