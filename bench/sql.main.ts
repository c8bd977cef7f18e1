/** What a statement costs beside other clients: `npm run bench:sql`, with `--only growth` for less. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Reactivity } from "@effect/experimental"
import { Console, Duration, Effect, Option } from "effect"
import { EmbeddedPostgres } from "holdfast/testing"
import { doing } from "../proofs/CommandLine.ts"
import { ProofFailed, publish, runProof } from "../proofs/Proof.ts"
import { reason } from "./reason.ts"
import { type Comparison, compare } from "./sql/Comparison.ts"
import { page } from "./sql/Page.ts"
import { picture } from "./sql/Picture.ts"
import { report, summary } from "./sql/Report.ts"
import type { Result } from "./sql/Result.ts"

const performance = fileURLToPath(new URL("../docs/performance/", import.meta.url))

/** Fewer say nothing. */
const leastRounds = 5

const usage = `Statements and transactions on @effect/sql-pg, pg.Pool, postgres.js and holdfast, by turns in one process.

  --rounds <count>    rounds of each workload (20)
  --slice <time>      of one contestant in one round ("200 millis")
  --only <text>       only what has this in its name: point select, transaction, growth, memory
  --folder <path>     where sql.md and sql.svg are written (docs/performance)

A whole run takes seven minutes. One with --only, or of fewer than ${leastRounds} rounds, is only printed,
unless a folder is named.
`

const roundsOf = (text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`--rounds ${text} is no number of rounds`)
  return Number(text)
}

const sliceOf = (text: string): Duration.Duration =>
  Option.getOrThrowWith(
    Duration.decodeUnknown(text),
    () => new Error(`--slice takes a time such as "100 millis", not "${text}"`)
  )

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "20" },
        slice: { type: "string", default: "200 millis" },
        only: { type: "string", default: "" },
        folder: { type: "string" },
        help: { type: "boolean", default: false }
      }
    })
    const rounds = roundsOf(values.rounds)
    const isFair = rounds >= leastRounds
    const isWhole = values.only === "" && isFair
    return {
      help: values.help,
      only: values.only,
      schedule: { rounds, slice: sliceOf(values.slice), warmUp: isFair ? 5000 : 200 },
      folder: values.folder ?? (isWhole ? performance : undefined)
    }
  },
  catch: (cause) =>
    new ProofFailed({ message: `${cause instanceof Error ? cause.message : cause}.\n\n${usage}` })
})

const kept = (comparison: Comparison, folder: string) =>
  Effect.gen(function* () {
    yield* Effect.promise(() => mkdir(folder, { recursive: true }))
    yield* publish(page(comparison), join(folder, "sql.md"))
    yield* publish(picture(comparison.results), join(folder, "sql.svg"))
  })

type Options = Effect.Effect.Success<typeof options>

const run = ({ folder, only, schedule }: Options) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    const measured = (result: Result) => Console.log(report(result))
    const comparison = yield* compare(url, { schedule, only, doing, measured })
    yield* Console.log(summary(comparison))
    if (folder !== undefined) yield* kept(comparison, folder)
  }).pipe(
    Effect.scoped,
    Effect.provide([EmbeddedPostgres.layer({ settings: { autovacuum: "off" } }), Reactivity.layer]),
    Effect.mapError(reason)
  )

runProof(Effect.flatMap(options, (given) => (given.help ? Console.log(usage) : run(given))))
