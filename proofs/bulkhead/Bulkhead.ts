import { randomUUID } from "node:crypto"
import { Effect, Redacted } from "effect"
import type { FaultProxy } from "../../src/testing/index.ts"
import { quantile } from "../interrupts/Timing.ts"
import { ProofFailed } from "../Proof.ts"
import { type ProofProcess, startProcess } from "../ProofProcess.ts"
import { type Answer, askAt } from "../service/Ask.ts"
import { sessionTokenIn } from "../service/SignedUp.ts"
import type { Order, Probe, Report, ServiceOrder, ServiceReport } from "./Order.ts"

/** The service's database, behind what drops it. */
export interface Means {
  readonly database: Redacted.Redacted<string>
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

/** Somebody who is signed in: their token. */
const signedIn = (url: string) =>
  Effect.gen(function* () {
    const body = { email: `${randomUUID()}@example.com`, password: "a proof of bulkheads" }
    const { text } = yield* askAt(url, 1)({ method: "POST", path: "/auth/signup", body })
    return yield* sessionTokenIn(text)
  })

/** Has a process do something, and waits until it says so. */
const answered = <Order extends object, Said extends { readonly _tag: string }, Tag extends string>(
  { report, tell }: ProofProcess<Order, Said>,
  order: Order,
  tag: Tag
) => Effect.zipRight(tell(order), saidBy(report, tag))

const saidBy = <Said extends { readonly _tag: string }, Tag extends string>(
  report: Effect.Effect<Said>,
  tag: Tag
) =>
  Effect.filterOrFail(
    report,
    (said): said is Extract<Said, { readonly _tag: Tag }> => said._tag === tag,
    ({ _tag }) => new ProofFailed({ message: `A process said ${_tag}, not ${tag}.` })
  )

/** A process of people who ask, once it listens. */
const visitors = startProcess<Order, Report>(new URL("visitors.main.ts", import.meta.url)).pipe(
  Effect.tap(({ report }) => saidBy(report, "Ready"))
)

const service = (database: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const script = new URL("service.main.ts", import.meta.url)
    const process = yield* startProcess<ServiceOrder, ServiceReport>(script, {
      BULKHEAD_URL: Redacted.value(database)
    })
    const { url } = yield* saidBy(process.report, "Listening")
    return { process, url }
  })

const signUps = (crowd: ProofProcess<Order, Report>, url: string, count: number) =>
  Effect.map(answered(crowd, { _tag: "SignUp", url, count }, "SignedUp"), ({ answers }) => answers)

const dropped = (proxy: Means["proxy"]) =>
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
 * The service, the crowd and who watches are a process each. Only names are looked up in the service's
 * own, because it is its threads that they need.
 */
export const bulkhead = ({ database, proxy }: Means, size: number) =>
  Effect.gen(function* () {
    const [{ process, url }, crowd, watcher] = yield* Effect.all(
      [service(database), visitors, visitors],
      { concurrency: 3 }
    )
    // As a service is that has run for a while: its code is compiled, its connections are there.
    yield* signUps(crowd, url, size)
    yield* watcher.tell({ _tag: "Watch", url, token: yield* signedIn(url) })
    yield* process.tell({ _tag: "Begin" })
    yield* Effect.sleep("300 millis")
    const [first, away] = yield* Effect.all([signUps(crowd, url, size), dropped(proxy)], {
      concurrency: 2
    })
    // Crowds go on coming while the database is there: it is their hashing that may be felt.
    const later = yield* Effect.replicateEffect(signUps(crowd, url, size), 4)
    const { health, sessions } = yield* answered(watcher, { _tag: "Tell" }, "Watched")
    const { names } = yield* answered(process, { _tag: "Tell" }, "LookedUp")
    const overload = yield* signUps(crowd, url, 3 * size)
    const millis = (probes: ReadonlyArray<Probe>) => probes.map((probe) => probe.millis)
    const isThere = ({ at, millis }: Probe) => at + millis < away.from || at > away.to
    return {
      names: millis(names),
      health: millis(health),
      sessions: millis(sessions.filter(isThere)),
      signUps: [...first, ...later.flat()],
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
