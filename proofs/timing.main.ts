/** Compares how long answers take: `npm run timing`, with `--pair 6` for one pair only. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Throttle } from "../src/auth/index.ts"
import { Server } from "../src/http/Server.ts"
import { progress, withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { askAt } from "./service/Ask.ts"
import { authService, grantDelete, schema } from "./service/AuthService.ts"
import { type Compared, page, told } from "./timing/Page.ts"
import { pairs } from "./timing/Pair.ts"
import { samplesOf } from "./timing/Samples.ts"

const reportFile = fileURLToPath(new URL("timing.md", import.meta.url))

const usage = `Answers that nobody may tell apart by their time are compared.

  --samples <number>  requests of each case; 500
  --pair <number>     one pair only, counted from 1; 0: all

It takes some minutes on a machine that does nothing else, and writes proofs/timing.md. With other options it
prints.`

interface Options {
  readonly samples: number
  readonly pair: number
}

/** All requests come from one address, which is not what is compared. */
const often = { burst: 1_000_000, per: "1 minute" } as const

const throttle = Throttle.layer({ signInFrom: often, signUpFrom: often, mailFrom: often })

const compared = ({ pair, samples }: Options) =>
  Effect.gen(function* () {
    const ask = askAt((yield* Server).url, 1)
    const chosen = pairs.filter((_, index) => pair === 0 || index + 1 === pair)
    const tell = progress(1)
    return yield* Effect.forEach(chosen, (each, i) =>
      Effect.map(
        Effect.zipLeft(samplesOf(ask, each, samples), tell(i + 1, chosen.length)),
        (seen): Compared => ({ pair: each, samples: seen })
      )
    )
  })

const program = (options: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { url, version } = yield* ProofDatabase
    yield* grantDelete
    const service = authService({ url, throttle, server: { signUp: "verify-first" } })
    const [took, seen] = yield* Effect.timed(Effect.provide(compared(options), service))
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    const text = page({ compared: seen, count: options.samples, took, ...versions })
    yield* publish(text, isWhole ? reportFile : undefined)
    const apart = told(seen)
    yield* apart.length === 0
      ? Console.log(`${seen.length} pairs, nothing told`)
      : new ProofFailed({ message: `told apart by time: ${apart.join(", ")}` })
  }).pipe(Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { samples: 500, pair: 0 } })(program))
