/** A server comes back under many pools: `npm run herd`, with `--pools 50` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { progress, withOptions } from "./CommandLine.ts"
import { callersPerPool, type HerdRun, herd, settingOf } from "./herd/Herd.ts"
import { page } from "./herd/Page.ts"
import { policies } from "./herd/Policy.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"

const reportFile = fileURLToPath(new URL("herd.md", import.meta.url))

const usage = `Many pools lose their server, which comes back after a minute: ours, and naive ones. In simulated time.

  --pools <number>   of ten connections each, before a server that is as much smaller; 1000

A whole run takes three minutes and writes proofs/herd.md. Less is only printed.`

const judged = (runs: ReadonlyArray<HerdRun>) => {
  const [own] = runs
  const everybody = (own?.setting.pools ?? 0) * callersPerPool
  return own?.callersServed.length === everybody
    ? Console.log(`all ${everybody} callers were served`)
    : new ProofFailed({ message: `only ${own?.callersServed.length} callers were served` })
}

const program = ({ pools }: { readonly pools: number }, isWhole: boolean) =>
  Effect.gen(function* () {
    const setting = settingOf(pools)
    const tell = progress(1)
    const runs = yield* Effect.forEach(policies, (policy, i) =>
      Effect.zipLeft(
        Effect.sync(() => herd(policy, setting)),
        tell(i + 1, policies.length)
      )
    )
    const nodeVersion = process.versions.node
    yield* publish(page({ setting, runs, nodeVersion }), isWhole ? reportFile : undefined)
    yield* judged(runs)
  })

runProof(withOptions({ usage, defaults: { pools: 1000 } })(program))
