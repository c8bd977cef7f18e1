/** Freezes a process 1,000 times: `npm run freeze`, with `--freezes 50` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { progress, withOptions } from "./CommandLine.ts"
import { probesWhileBusy } from "./freeze/Busy.ts"
import { planOf, usual } from "./freeze/Freeze.ts"
import { freezeOnce, makeStage } from "./freeze/Freezing.ts"
import { type FreezeRun, failuresOf, page } from "./freeze/Page.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"

const reportFile = fileURLToPath(new URL("freeze.md", import.meta.url))

const usage = `A process with a pool is frozen while the server ends its connections, and then runs statements at once.

  --freezes <number>   how often; 1000
  --millis <number>    how long it is usually frozen, in milliseconds; ${usual}
  --seed <number>      of what is random; 1

A whole run takes two minutes and writes proofs/freeze.md. Less is only printed. Linux only.`

const judged = ({ busy, thaws }: FreezeRun) => {
  const failures = failuresOf(thaws)
  if (failures.length === 0 && busy.probes === 0) {
    return Console.log(`frozen ${thaws.length} times, every promise kept`)
  }
  const message = `${failures.length} statements failed, ${busy.probes} probes were sent to busy connections`
  return Effect.zipRight(
    Effect.forEach(failures.slice(0, 20), (failure) => Console.error(failure)),
    new ProofFailed({ message })
  )
}

const program = (
  { freezes, millis, seed }: { freezes: number; millis: number; seed: number },
  isWhole: boolean
) =>
  Effect.gen(function* () {
    const { version, ...server } = yield* ProofDatabase
    const stage = yield* makeStage(server)
    const tell = progress(100)
    let done = 0
    const [took, thaws] = yield* Effect.timed(
      Effect.forEach(planOf({ seed, count: freezes, millis }), (freeze) =>
        Effect.zipLeft(
          freezeOnce(stage, freeze),
          Effect.suspend(() => tell(++done, freezes))
        )
      )
    )
    const busy = yield* probesWhileBusy(server, 10_000)
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    const run: FreezeRun = { thaws, busy, seed, millis, ...versions, took }
    yield* publish(page(run), isWhole ? reportFile : undefined)
    yield* judged(run)
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults: { freezes: 1000, millis: usual, seed: 1 } })(program))
