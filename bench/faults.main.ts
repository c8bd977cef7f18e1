/** The same faults for everybody: `npm run bench:faults`, with `--only holdfast` for less. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import { ProofFailed, publish, runProof } from "../proofs/Proof.ts"
import { brokenPromises } from "./faults/BrokenPromises.ts"
import { type Comparison, compare } from "./faults/Comparison.ts"
import { contestants } from "./faults/Contestant.ts"
import { faultNames, faults, quickly } from "./faults/Fault.ts"
import { page } from "./faults/Page.ts"
import { picture } from "./faults/Picture.ts"
import { scheduleOf } from "./faults/Schedule.ts"
import { scoreOf } from "./faults/Score.ts"

const folder = fileURLToPath(new URL("../docs/", import.meta.url))

const names = (all: ReadonlyArray<string>) => all.map((name) => `"${name}"`).join(", ")

const usage = `pg.Pool, @effect/sql-pg, postgres.js and holdfast meet the same faults, one after the other.

  --only <contestant>   only that one, several times if wanted: ${names(contestants.map(({ name }) => name))}
  --fault <name>        only that fault, several times if wanted: ${names(faultNames)}
  --quick               less time to recover from a fault

A whole run takes seven minutes and writes docs/faults.md and docs/faults.svg. Less is only printed.
`

/** Those of `all` that have the names; all where there are none. */
const chosen = <A extends { readonly name: string }>(
  all: ReadonlyArray<A>,
  only: ReadonlyArray<string>
): ReadonlyArray<A> => {
  const unknown = only.filter((name) => all.every((each) => each.name !== name))
  if (unknown.length > 0) throw new Error(`There is no ${names(unknown)}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true, default: [] },
        fault: { type: "string", multiple: true, default: [] },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    })
    const { fault, help, only, quick } = values
    const struck = chosen(faults, fault)
    return {
      help,
      contestants: chosen(contestants, only),
      schedule: scheduleOf(quick ? struck.map(quickly) : struck),
      isWhole: only.length + fault.length === 0 && !quick
    }
  },
  catch: (cause) =>
    new ProofFailed({ message: `${cause instanceof Error ? cause.message : cause}.\n\n${usage}` })
})

const progress = (contestant: string, fault: string) =>
  process.stderr.isTTY ? Console.error(`${contestant}: ${fault}`) : Effect.void

/** What holdfast promises is checked, what it costs the others is only shown. */
const judged = ({ runs }: Comparison) => {
  const own = runs.filter(({ contestant }) => contestant === "holdfast")
  const broken = own.flatMap((run) => brokenPromises(run, scoreOf(run)))
  if (broken.length > 0) return new ProofFailed({ message: `holdfast: ${broken.join("; ")}` })
  return Console.log(own.length === 0 ? "holdfast was not in it" : "holdfast kept every promise")
}

const program = ({ contestants, help, isWhole, schedule }: Effect.Effect.Success<typeof options>) =>
  Effect.gen(function* () {
    if (help) return yield* Console.log(usage)
    if (isWhole) yield* Effect.promise(() => mkdir(folder, { recursive: true }))
    const comparison = yield* compare({ contestants, schedule, progress })
    yield* publish(page(comparison), isWhole ? join(folder, "faults.md") : undefined)
    if (isWhole) yield* publish(picture(comparison.runs), join(folder, "faults.svg"))
    yield* judged(comparison)
  })

runProof(Effect.flatMap(options, program))
