import { type Duration, Effect, Fiber } from "effect"
import { ProofDatabase } from "../ProofDatabase.ts"
import { expectationsOf } from "./Expectation.ts"
import { askInnocently, beInnocent, type Innocence, newInnocence } from "./Innocent.ts"
import { type Interruption, type Network, networks } from "./Interruption.ts"
import { type Lag, watchLoop } from "./LoopWatch.ts"
import { type Deviations, deviations } from "./Mark.ts"
import { type Settlement, settle } from "./Settlement.ts"
import { makeStage, type Stage } from "./Stage.ts"
import { type Account, trial } from "./Strike.ts"
import { works } from "./Work.ts"

/** What was seen on one network. */
export interface NetworkRun {
  readonly network: Network
  readonly accounts: ReadonlyArray<Account>
  /** Of those who shared the pool, and of those on a client of their own. */
  readonly innocence: Innocence
  readonly bystanders: Innocence
  readonly settlement: Settlement
  readonly lags: ReadonlyArray<Lag>
}

/** Everything that was seen. */
export interface InterruptsRun {
  readonly runs: ReadonlyArray<NetworkRun>
  readonly marks: Deviations
  readonly seed: number
  readonly postgresVersion: string
  readonly nodeVersion: string
  readonly took: Duration.Duration
}

/** Those who are interrupted at the same time. */
const lanes = 8

const mostTries = 5

/** Sooner and sooner, where the work was over before its interrupt. */
const sooner = ({ millis, turns, ...rest }: Interruption, by: number): Interruption => ({
  ...rest,
  millis: millis >> by,
  turns: turns >> by
})

const filled = (stage: Stage, innocence: Innocence) =>
  Effect.replicateEffect(askInnocently(stage.sql, innocence, stage.losesAnswers, 0.02), stage.max, {
    concurrency: "unbounded",
    discard: true
  })

const attempt = (stage: Stage, innocence: Innocence, planned: Interruption, by: number) =>
  Effect.gen(function* () {
    const interruption = sooner(planned, by)
    const id = `${planned.number}.${by}`
    const isQueue = planned.situation === "queue"
    const others = yield* Effect.fork(isQueue ? filled(stage, innocence) : Effect.void)
    if (isQueue) yield* Effect.yieldNow()
    const account = yield* trial({
      id,
      interruption,
      witness: stage.witness,
      work: (each) => works[planned.situation].run(stage.sql, each)
    })
    yield* Fiber.join(others)
    return account
  })

/** Tries until it was in time, which an interrupt of something short seldom is. */
const interrupted = (
  stage: Stage,
  innocence: Innocence,
  planned: Interruption
): Effect.Effect<ReadonlyArray<Account>> =>
  Effect.gen(function* () {
    const accounts: Array<Account> = []
    for (let by = 0; by < mostTries; by += 1) {
      const account = yield* attempt(stage, innocence, planned, by)
      accounts.push(account)
      if (account.strike?.ending._tag === "Interrupted") break
    }
    return accounts
  })

const onStage = (stage: Stage, plan: ReadonlyArray<Interruption>, progress: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lags = yield* watchLoop
    const innocence = newInnocence()
    const bystanders = newInnocence()
    let goesOn = true
    const own = askInnocently(stage.sql, innocence, stage.losesAnswers)
    const near = askInnocently(stage.bystander, bystanders, false)
    const crowd = yield* Effect.fork(
      Effect.forEach([own, own, near, near], (ask) => beInnocent(ask, () => goesOn), {
        concurrency: "unbounded"
      })
    )
    const weather = yield* Effect.fork(stage.weather)
    const accounts = yield* Effect.forEach(
      plan,
      (planned) => Effect.zipLeft(interrupted(stage, innocence, planned), progress),
      { concurrency: lanes }
    )
    yield* Fiber.interrupt(weather)
    yield* stage.heal
    goesOn = false
    yield* Fiber.join(crowd)
    const settlement = yield* settle(stage)
    const { network } = stage
    const all = accounts.flat()
    return { network, accounts: all, innocence, bystanders, settlement, lags } satisfies NetworkRun
  })

const found = Effect.flatMap(ProofDatabase, ({ direct: sql }) =>
  Effect.map(
    sql<{ readonly id: string; readonly count: number }>`
      SELECT id, count(*)::int AS count FROM marks GROUP BY id`,
    (rows) => new Map(rows.map(({ count, id }) => [id, count]))
  )
)

/** Carries out a plan, one network after the other, and looks at what is left. */
export const runInterrupts = (options: {
  readonly seed: number
  readonly plan: ReadonlyArray<Interruption>
  readonly progress: (done: number, of: number) => Effect.Effect<void>
}) =>
  Effect.gen(function* () {
    const { plan, progress, seed } = options
    let done = 0
    const tick = Effect.suspend(() => progress(++done, plan.length))
    const { version } = yield* ProofDatabase
    const on = (network: Network) =>
      Effect.flatMap(makeStage(network), (stage) =>
        onStage(
          stage,
          plan.filter((planned) => planned.network === network),
          tick
        )
      ).pipe(Effect.scoped)
    const [took, runs] = yield* Effect.timed(Effect.forEach(networks, on))
    const expected = new Map(runs.flatMap(({ accounts }) => accounts.flatMap(expectationsOf)))
    const marks = deviations(expected, yield* found)
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    return { runs, marks, seed, ...versions, took } satisfies InterruptsRun
  })
