/** A server comes back under many pools: `npm run herd`, with `--pools 50` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { progress, withOptions } from "./CommandLine.ts"
import { callersPerPool, type HerdRun, herd, settingOf } from "./herd/Herd.ts"
import { absences } from "./herd/HerdServer.ts"
import { page } from "./herd/Page.ts"
import { holdfast, policies } from "./herd/Policy.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"

const reportFile = fileURLToPath(new URL("herd.md", import.meta.url))

const usage = `Many pools lose their server, which comes back after a minute: ours, and naive ones. In simulated time.

  --pools <number>   of ten connections each, before a server that is as much smaller; 1000

A whole run takes three minutes and writes proofs/herd.md. Less is only printed.`

const judged = (runs: ReadonlyArray<HerdRun>) => {
  const unserved = runs
    .filter(({ policy }) => policy === holdfast.name)
    .map(({ callersServed, setting }) => setting.pools * callersPerPool - callersServed.length)
    .reduce((all, each) => all + each, 0)
  return unserved === 0
    ? Console.log("every caller of holdfast was served")
    : new ProofFailed({ message: `${unserved} callers of holdfast were not served` })
}

const program = ({ pools }: { readonly pools: number }, isWhole: boolean) =>
  Effect.gen(function* () {
    const tell = progress(1)
    const trials = absences.flatMap((absence) => policies.map((policy) => ({ absence, policy })))
    const runs = yield* Effect.forEach(trials, ({ absence, policy }, i) =>
      Effect.zipLeft(herd(policy, settingOf(pools, absence)), tell(i + 1, trials.length))
    )
    yield* publish(page(runs, process.versions.node), isWhole ? reportFile : undefined)
    yield* judged(runs)
  })

runProof(withOptions({ usage, defaults: { pools: 1000 } })(program))
