/** Interrupts 10,000 times: `npm run interrupts`, with `--seed 7`, or `--interrupts 500` for less. */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import { planOf } from "./interrupts/Interruption.ts"
import { tables } from "./interrupts/Mark.ts"
import { page } from "./interrupts/Page.ts"
import { type InterruptsRun, runInterrupts } from "./interrupts/Run.ts"
import { offendingOf } from "./interrupts/Zeros.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"

const reportFile = fileURLToPath(new URL("interrupts.md", import.meta.url))

const all = 10_000

const whole = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text} is no whole number`)
  return Number(text)
}

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: {
        seed: { type: "string", default: "1" },
        interrupts: { type: "string", default: String(all) }
      }
    })
    const { interrupts, seed } = values
    return { seed: whole("seed", seed), count: whole("interrupts", interrupts) }
  },
  catch: (cause) =>
    new ProofFailed({
      message: `${cause instanceof Error ? cause.message : cause}. Give --seed 7 or --interrupts \
500, or nothing for ${all} interrupts.`
    })
})

const progress = (done: number, of: number) =>
  done % 500 === 0 ? Console.error(`${done} of ${of}`) : Effect.void

const details = ({ marks, runs }: InterruptsRun): ReadonlyArray<string> => [
  ...runs.flatMap(({ bystanders, innocence }) => [...innocence.messages, ...bystanders.messages]),
  ...runs.flatMap(({ accounts }) =>
    accounts.flatMap(({ ending, id }) =>
      ending._tag === "Defect" ? [`${id}: ${ending.message}`] : []
    )
  ),
  ...marks.shown.map((id) => `shown: ${id}`),
  ...marks.lost.map((id) => `lost: ${id}`),
  ...marks.doubled.map((id) => `doubled: ${id}`)
]

const judged = (run: InterruptsRun, count: number) => {
  const offences = offendingOf(run)
  if (offences.length === 0) return Console.log(`${count} interrupts, every promise kept`)
  const message = offences.map(({ count, what }) => `${count} ${what}`).join(", ")
  return Effect.zipRight(
    Effect.forEach(details(run).slice(0, 20), (line) => Console.error(line)),
    new ProofFailed({ message })
  )
}

const program = ({ count, seed }: Effect.Effect.Success<typeof options>) =>
  Effect.gen(function* () {
    const run = yield* runInterrupts({ seed, plan: planOf(seed, count), progress })
    yield* publish(page(run), count === all ? reportFile : undefined)
    yield* judged(run, count)
  }).pipe(Effect.provide(ProofDatabase.layer(tables)))

runProof(Effect.flatMap(options, program))
