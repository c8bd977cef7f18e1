/** Offers a pool more than it can serve: `npm run overload`, with `--millis 10` for shorter statements. */
import { fileURLToPath } from "node:url"
import * as Reactivity from "@effect/experimental/Reactivity"
import { Console, Effect } from "effect"
import { PgClient } from "../src/sql/index.ts"
import { progress, withOptions } from "./CommandLine.ts"
import { brokenPromises, loadOf } from "./overload/Load.ts"
import { capacityOf, connections, deadline, offer } from "./overload/Offer.ts"
import { type Overload, page } from "./overload/Page.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"

const reportFile = fileURLToPath(new URL("overload.md", import.meta.url))

const usage = `Statements are offered to a pool at 0.25 to 3 times of what it can serve.

  --millis <number>   how long the server takes for a statement; 50
  --seed <number>     of when callers come; 1

It takes two minutes and writes proofs/overload.md. With other options it prints.`

interface Options {
  readonly millis: number
  readonly seed: number
}

const multiples = [0.25, 0.5, 0.75, 0.9, 1, 1.25, 1.5, 2, 2.5, 3]

/** Once upwards and once downwards, so that a machine that gets slower is not taken for a load. */
const measured = ({ millis, seed }: Options) =>
  Effect.gen(function* () {
    const { url } = yield* ProofDatabase
    const sql = yield* PgClient.make({
      url,
      minConnections: connections,
      maxConnections: connections,
      acquireTimeout: deadline
    })
    const service = { sql, millis }
    const capacity = yield* capacityOf(service)
    const tell = progress(1)
    const order = [...multiples, ...multiples.toReversed()]
    const offered = yield* Effect.forEach(order, (multiple, i) =>
      Effect.map(
        Effect.zipLeft(offer(service, capacity * multiple, seed + i), tell(i + 1, order.length)),
        (endings) => ({ multiple, endings })
      )
    )
    const loads = multiples.map((multiple) => {
      const runs = offered.filter((each) => each.multiple === multiple)
      const endings = runs.flatMap((run) => run.endings)
      return loadOf({ multiple, perSecond: capacity * multiple, runs: runs.length, endings })
    })
    return { capacity, loads }
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

const program = (options: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { version } = yield* ProofDatabase
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    const run: Overload = { ...(yield* measured(options)), ...options, ...versions }
    yield* publish(page(run), isWhole ? reportFile : undefined)
    const broken = brokenPromises(run.loads)
    yield* broken.length === 0
      ? Console.log("at twice the capacity every promise is kept")
      : new ProofFailed({ message: `at twice the capacity ${broken.join(", and ")}` })
  }).pipe(Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults: { millis: 50, seed: 1 } })(program))
