import { Clock, Duration, Effect } from "effect"
import { watchLoop } from "../../proofs/interrupts/LoopWatch.ts"
import { ProofFailed } from "../../proofs/Proof.ts"
import { ProofDatabase } from "../../proofs/ProofDatabase.ts"
import { makeCallers } from "./Callers.ts"
import { conduct } from "./Conductor.ts"
import type { Contestant } from "./Contestant.ts"
import { type ContestantProcess, makeProcess } from "./ContestantProcess.ts"
import type { ContestantRun } from "./ContestantRun.ts"
import type { FaultName } from "./Fault.ts"
import { lengthOf, type Slot } from "./Schedule.ts"
import { makeStage, type Stage, tables } from "./Stage.ts"
import { readTruth } from "./Truth.ts"

type Progress = (fault: FaultName) => Effect.Effect<void>

const startTimeout = "30 seconds"

const awaitUp = (process: ContestantProcess, { name }: Contestant) =>
  Effect.timeoutFail(process.isUp, {
    duration: startTimeout,
    onTimeout: () =>
      new ProofFailed({ message: `${name} could not be started within ${startTimeout}` })
  })

/** The process ends with the scope, so that its sessions are gone when the truth is read. */
const watch = (
  stage: Stage,
  contestant: Contestant,
  schedule: ReadonlyArray<Slot>,
  progress: Progress
) =>
  Effect.gen(function* () {
    const process = yield* makeProcess(contestant.name, stage.proxy.url(stage.database.url))
    yield* awaitUp(process, contestant)
    const start = yield* Clock.currentTimeMillis
    const callers = yield* makeCallers(process, start)
    const calling = yield* Effect.fork(callers.call)
    const struck = yield* conduct({ stage, callers, start, schedule, progress })
    const rest = start + Duration.toMillis(lengthOf(schedule)) - (yield* Clock.currentTimeMillis)
    yield* Effect.sleep(Math.max(0, rest))
    yield* callers.stop
    yield* calling.await
    const deaths = (yield* process.deaths).map(({ at, backAt, reason }) => ({
      at: at - start,
      backAt: backAt === undefined ? undefined : backAt - start,
      reason
    }))
    return { operations: callers.operations, struck, deaths }
  }).pipe(Effect.scoped)

const onStage = (contestant: Contestant, schedule: ReadonlyArray<Slot>, progress: Progress) =>
  Effect.gen(function* () {
    const stage = yield* makeStage
    const lags = yield* watchLoop
    const [took, seen] = yield* Effect.timed(watch(stage, contestant, schedule, progress))
    yield* stage.heal
    const { accepted } = yield* stage.proxy.stats
    return {
      contestant: contestant.name,
      ...seen,
      opened: accepted,
      lags: lags.map(({ millis }) => millis),
      postgresVersion: stage.database.version,
      truth: yield* readTruth(stage),
      took
    } satisfies ContestantRun
  }).pipe(Effect.scoped)

/** Lets one contestant meet a schedule, on a server of its own. */
export const runContestant = (
  contestant: Contestant,
  schedule: ReadonlyArray<Slot>,
  progress: Progress
) => onStage(contestant, schedule, progress).pipe(Effect.provide(ProofDatabase.layer(tables)))
