import { parseArgs } from "node:util"
import { Reactivity } from "@effect/experimental"
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Console, Duration, Effect, Option, Schema } from "effect"
import { EmbeddedPostgres } from "holdfast/testing"
import { doing } from "../proofs/CommandLine.ts"
import { driver, ours, stock } from "./Contestant.ts"
import { pairedRounds } from "./PairedRounds.ts"
import { report } from "./report.ts"
import { reset, schema, workloads } from "./Workload.ts"

const usage = `What a statement costs on @effect/sql-pg and on holdfast, in one process, by turns.

  --rounds <count>   rounds of each workload (40)
  --slice <time>     of one contestant in one round ("100 millis")
  --only <text>      only the workloads whose name has this in it
`

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    slice: { type: "string", default: "100 millis" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false }
  }
})

const schedule = {
  rounds: Schema.decodeSync(Schema.compose(Schema.NumberFromString, Schema.Positive))(flags.rounds),
  slice: Option.getOrThrowWith(
    Duration.decodeUnknown(flags.slice),
    () => new Error(`--slice takes a time such as "100 millis", not "${flags.slice}"`)
  ),
  warmUp: 5000
}

const benchmark = Effect.gen(function* () {
  const { url } = yield* EmbeddedPostgres
  const admin = yield* PgClient.make({ url, maxConnections: 1 })
  yield* admin.unsafe(schema)
  const contestants = yield* Effect.all([stock(url), ours(url), driver(url)])
  for (const workload of workloads.filter(({ name }) => name.includes(flags.only))) {
    yield* admin.unsafe(reset)
    yield* doing(workload.name)
    const samples = yield* pairedRounds(contestants, workload, schedule)
    yield* Console.log(report(workload, samples))
  }
})

const program = benchmark.pipe(
  Effect.scoped,
  Effect.provide([EmbeddedPostgres.layer({ settings: { autovacuum: "off" } }), Reactivity.layer])
)

NodeRuntime.runMain(flags.help ? Console.log(usage) : program)
