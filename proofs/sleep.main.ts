/** Has pools idle for a minute: `npm run sleep-test`, with `--seconds 5` for less. */
import { fileURLToPath } from "node:url"
import { Console, Duration, Effect } from "effect"
import { doing, withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { page, type SleepRun } from "./sleep/Page.ts"
import { abandoned, undisturbed } from "./sleep/Rest.ts"
import { isSilent, sleep } from "./sleep/Sleep.ts"

const reportFile = fileURLToPath(new URL("sleep.md", import.meta.url))

const usage = `Idle pools behind proxies that count bytes and connections.

  --seconds <number>   how long they idle; 60

A whole run takes a bit more than a minute and writes proofs/sleep.md. Less is only printed.`

const judged = ({ silence, sleeps }: SleepRun) => {
  const loud = sleeps.filter((each) => !isSilent(each)).map(({ rest }) => rest.name)
  return loud.length === 0
    ? Console.log(`${sleeps.length} pools were silent for ${Duration.format(silence)}`)
    : new ProofFailed({ message: `not silent: ${loud.join("; ")}` })
}

const program = ({ seconds }: { readonly seconds: number }, isWhole: boolean) =>
  Effect.gen(function* () {
    const { version, ...server } = yield* ProofDatabase
    const silence = Duration.seconds(seconds)
    yield* doing(`Idle pools are watched for ${seconds} s`)
    const sleeps = yield* Effect.forEach(
      [...undisturbed, ...abandoned],
      (rest) => sleep(server, rest, silence),
      { concurrency: "unbounded" }
    )
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    const run: SleepRun = { sleeps, silence, ...versions }
    yield* publish(page(run), isWhole ? reportFile : undefined)
    yield* judged(run)
  }).pipe(Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults: { seconds: 60 } })(program))
