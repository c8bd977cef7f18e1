/** Has a crowd sign up while the database drops: `npm run bulkhead`, with `--crowd 50` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { FaultProxy } from "../src/testing/index.ts"
import { brokenPromises, bulkhead } from "./bulkhead/Bulkhead.ts"
import { page } from "./bulkhead/Page.ts"
import { doing, withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { grantDelete, schema } from "./service/AuthService.ts"

const reportFile = fileURLToPath(new URL("bulkhead.md", import.meta.url))

const usage = `A crowd signs up while the database drops, and others are watched.

  --crowd <number>  how many sign up at once; 200

It takes half a minute on a machine that does nothing else, and writes proofs/bulkhead.md. With other options
it prints.`

interface Options {
  readonly crowd: number
}

const program = ({ crowd }: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { address, url, version } = yield* ProofDatabase
    yield* grantDelete
    const proxy = yield* FaultProxy.make({ upstream: address })
    yield* doing(`${crowd} sign up at once, again and again`)
    const seen = yield* bulkhead({ database: proxy.url(url), proxy }, crowd)
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    yield* publish(page({ seen, crowd, ...versions }), isWhole ? reportFile : undefined)
    const broken = brokenPromises(seen)
    yield* broken.length === 0
      ? Console.log(`${crowd} sign-ups at once, every promise kept`)
      : new ProofFailed({ message: broken.join(", and ") })
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { crowd: 200 } })(program))
