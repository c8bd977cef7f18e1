/** Keeps the byte-offset ledger: `npm run ledger`, with `--cuts 500` or `--only <cut>` for less. */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import { cutNamed } from "./Cut.ts"
import { keepLedger, type Ledger } from "./Ledger.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { offenceLine, offending, page } from "./Report.ts"
import { tables } from "./SignUp.ts"

const reportFile = fileURLToPath(new URL("ledger.md", import.meta.url))

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: { cuts: { type: "string" }, only: { type: "string", multiple: true } }
    })
    const only = (values.only ?? []).map((name) => {
      const cut = cutNamed(name)
      if (cut === undefined) throw new Error(`${name} names no cut`)
      return cut
    })
    const atMost = values.cuts === undefined ? Number.POSITIVE_INFINITY : Number(values.cuts)
    if (!(atMost >= 1)) throw new Error(`--cuts ${values.cuts} is no number of cuts`)
    return { only, atMost, isWhole: only.length === 0 && atMost === Number.POSITIVE_INFINITY }
  },
  catch: (cause) =>
    new ProofFailed({
      message: `${cause instanceof Error ? cause.message : cause}. Give --cuts 500, or \
--only transaction/warm:toServer:reset:317, or nothing for the whole ledger.`
    })
})

const progress = (done: number, of: number) =>
  done % 1000 === 0 ? Console.error(`${done} of ${of}`) : Effect.void

const judged = (ledger: Ledger) => {
  const offences = offending(ledger)
  const message = `${offences.length} of ${ledger.entries.length} sign-ups broke a promise`
  return offences.length === 0
    ? Console.log(`${ledger.entries.length} sign-ups, every promise kept`)
    : Effect.zipRight(
        Effect.forEach(offences.slice(0, 20), (entry) => Console.error(offenceLine(entry))),
        new ProofFailed({ message })
      )
}

const program = ({ isWhole, ...chosen }: Effect.Effect.Success<typeof options>) =>
  Effect.gen(function* () {
    const ledger = yield* keepLedger({ ...chosen, progress })
    yield* publish(page(ledger), isWhole ? reportFile : undefined)
    yield* judged(ledger)
  }).pipe(Effect.provide(ProofDatabase.layer(tables)))

runProof(Effect.flatMap(options, program))
