/** Has a crowd sign up while the database drops: `npm run bulkhead`, with `--crowd 50` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Server } from "../src/http/Server.ts"
import { FaultProxy } from "../src/testing/index.ts"
import { brokenPromises, bulkhead } from "./bulkhead/Bulkhead.ts"
import { page } from "./bulkhead/Page.ts"
import { withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { authService, grantDelete, schema } from "./service/AuthService.ts"

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
    yield* Effect.gen(function* () {
      const seen = yield* bulkhead({ url: (yield* Server).url, proxy }, crowd)
      const versions = { postgresVersion: version, nodeVersion: process.versions.node }
      yield* publish(page({ seen, crowd, ...versions }), isWhole ? reportFile : undefined)
      const broken = brokenPromises(seen)
      yield* broken.length === 0
        ? Console.log(`${crowd} sign-ups at once, every promise kept`)
        : new ProofFailed({ message: broken.join(", and ") })
    }).pipe(Effect.provide(authService({ url: proxy.url(url) })))
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { crowd: 200 } })(program))
