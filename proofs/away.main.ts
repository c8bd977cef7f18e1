/** Takes the database from people who are signed in: `npm run away`, with `--seconds 5` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Server } from "../src/http/Server.ts"
import { FaultProxy } from "../src/testing/index.ts"
import { absence, brokenPromises } from "./away/Away.ts"
import { page } from "./away/Page.ts"
import { doing, withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { askAt } from "./service/Ask.ts"
import { authService, grantDelete, schema } from "./service/AuthService.ts"

const reportFile = fileURLToPath(new URL("away.md", import.meta.url))

const usage = `People with valid sessions ask who they are while the database is away.

  --seconds <number>  how long it is away; 60
  --people <number>   how many ask, each again and again; 50

It takes as long and ten seconds, and writes proofs/away.md. With other options it prints.`

interface Options {
  readonly seconds: number
  readonly people: number
}

const program = ({ people, seconds }: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { address, url, version } = yield* ProofDatabase
    yield* grantDelete
    const proxy = yield* FaultProxy.make({ upstream: address })
    yield* Effect.gen(function* () {
      const ask = askAt((yield* Server).url, people)
      yield* doing(`The database is away for ${seconds} s`)
      const seen = yield* absence({ ask, proxy, people, lasts: `${seconds} seconds` })
      const versions = { postgresVersion: version, nodeVersion: process.versions.node }
      const text = page({ seen, people, seconds, ...versions })
      yield* publish(text, isWhole ? reportFile : undefined)
      const broken = brokenPromises(seen)
      yield* broken.length === 0
        ? Console.log(`${seen.looks.length} answers, every promise kept`)
        : new ProofFailed({ message: broken.join(", and ") })
    }).pipe(Effect.provide(authService({ url: proxy.url(url) })))
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { seconds: 60, people: 50 } })(program))
