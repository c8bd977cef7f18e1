import { randomUUID } from "node:crypto"
import { lookup } from "node:dns/promises"
import { Effect, Fiber, Schema } from "effect"
import type { FaultProxy } from "../../src/testing/index.ts"
import { quantile } from "../interrupts/Timing.ts"
import { ProofFailed } from "../Proof.ts"
import { type ProofProcess, startProcess } from "../ProofProcess.ts"
import { type Answer, askAt } from "../service/Ask.ts"
import type { Order, Probe, Report } from "./Order.ts"
import { probing } from "./Probing.ts"

/** Where the service answers, and what stands between it and its database. */
export interface Means {
  readonly url: string
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

const SignedUp = Schema.parseJson(
  Schema.Struct({ session: Schema.Struct({ sessionToken: Schema.String }) })
)

/** Somebody who is signed in: their token. */
const signedIn = (url: string) =>
  Effect.gen(function* () {
    const body = { email: `${randomUUID()}@example.com`, password: "a proof of bulkheads" }
    const { text } = yield* askAt(url, 1)({ method: "POST", path: "/auth/signup", body })
    return (yield* Schema.decodeUnknown(SignedUp)(text)).session.sessionToken
  })

type Visitors = ProofProcess<Order, Report>

/** A process of people who ask, once it listens. */
const visitors = startProcess<Order, Report>(new URL("visitors.main.ts", import.meta.url)).pipe(
  Effect.tap(({ report }) => report)
)

const answered = <Tag extends Report["_tag"]>({ report, tell }: Visitors, order: Order, tag: Tag) =>
  Effect.gen(function* () {
    yield* tell(order)
    const said = yield* report
    const isExpected = (said: Report): said is Extract<Report, { _tag: Tag }> => said._tag === tag
    return isExpected(said)
      ? said
      : yield* new ProofFailed({ message: `A visitor said ${said._tag}, not ${tag}.` })
  })

const signUps = (crowd: Visitors, url: string, count: number) =>
  Effect.map(answered(crowd, { _tag: "SignUp", url, count }, "SignedUp"), ({ answers }) => answers)

const dropped = ({ proxy }: Means) =>
  Effect.gen(function* () {
    yield* Effect.sleep("300 millis")
    const from = Date.now()
    yield* Effect.zipRight(proxy.refuse, proxy.resetAll)
    yield* Effect.sleep("2 seconds")
    yield* proxy.heal
    // Once it is there: the pool has connected again.
    yield* Effect.sleep("500 millis")
    return { from, to: Date.now() }
  })

/**
 * Has a crowd sign up while the database is dropped, and watches what it costs the others.
 *
 * The crowd, who watches and the service are a process each; only names are looked up in the
 * service's own, because it is its threads that they need.
 */
export const bulkhead = (means: Means, size: number) =>
  Effect.gen(function* () {
    const { url } = means
    const [crowd, watcher] = yield* Effect.all([visitors, visitors], { concurrency: 2 })
    const names: Array<Probe> = []
    const lookUp = Effect.promise(() => lookup("localhost"))
    yield* watcher.tell({ _tag: "Watch", url, token: yield* signedIn(url) })
    const probes = yield* Effect.fork(probing(lookUp, names))
    yield* Effect.sleep("300 millis")
    const [first, away] = yield* Effect.all([signUps(crowd, url, size), dropped(means)], {
      concurrency: 2
    })
    // Crowds go on coming while the database is there: it is their hashing that may be felt.
    const later = yield* signUps(crowd, url, size)
    const { health, sessions } = yield* answered(watcher, { _tag: "Tell" }, "Watched")
    yield* Fiber.interrupt(probes)
    const overload = yield* signUps(crowd, url, 3 * size)
    const millis = (probes: ReadonlyArray<Probe>) => probes.map((probe) => probe.millis)
    const isThere = ({ at, millis }: Probe) => at + millis < away.from || at > away.to
    return {
      names: millis(names),
      health: millis(health),
      sessions: millis(sessions.filter(isThere)),
      signUps: [...first, ...later],
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
