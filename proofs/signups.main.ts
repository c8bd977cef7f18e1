/** Kills sign-ups at every point of the protocol: `npm run signups`, with `--signups 500` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Server } from "../src/http/Server.ts"
import { EmbeddedPostgres, FaultProxy } from "../src/testing/index.ts"
import { progress, withOptions } from "./CommandLine.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { askAt } from "./service/Ask.ts"
import { authService, grantDelete, schema } from "./service/AuthService.ts"
import { endingsAt } from "./signups/Batch.ts"
import { cheapHashes } from "./signups/CheapHashes.ts"
import { type Findings, offendingOf } from "./signups/Findings.ts"
import { lookAt } from "./signups/Look.ts"
import { page } from "./signups/Page.ts"
import { points } from "./signups/Point.ts"

const reportFile = fileURLToPath(new URL("signups.md", import.meta.url))

const usage = `People sign up at the service while its database, or the way to it, is killed.

  --signups <number>  how many sign up; 10000
  --point <number>    at one point only, counted from 1; 0: at all

It takes some minutes and writes proofs/signups.md. With other options it prints.`

interface Options {
  readonly signups: number
  readonly point: number
}

const stage = Effect.gen(function* () {
  const { address, direct, url } = yield* ProofDatabase
  yield* grantDelete
  const proxy = yield* FaultProxy.make({ upstream: address })
  return { direct, proxy, server: yield* EmbeddedPostgres, url: proxy.url(url) }
})

const judged = (findings: Findings) => {
  const offences = offendingOf(findings)
  if (offences.length === 0) {
    return Console.log(`${findings.endings.length} sign-ups, every promise kept`)
  }
  const lost = findings.endings.filter(({ status }) => status !== 201).slice(0, 20)
  const message = offences.map(({ count, what }) => `${count} ${what}`).join(", ")
  return Effect.zipRight(
    Effect.forEach(lost, (ending) => Console.error(JSON.stringify(ending))),
    new ProofFailed({ message })
  )
}

const program = ({ point, signups }: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { url, ...means } = yield* stage
    const chosen = points.filter((_, index) => point === 0 || index + 1 === point)
    const { version } = yield* ProofDatabase
    yield* Effect.gen(function* () {
      const ask = askAt((yield* Server).url, 64)
      const told = progress(100)
      const [took, endings] = yield* Effect.timed(
        endingsAt({ means, ask, points: chosen, total: signups, progress: told })
      )
      const findings = yield* lookAt(endings)
      const { cuts } = yield* means.proxy.stats
      const versions = { postgresVersion: version, nodeVersion: process.versions.node }
      const text = page({ findings, took, cuts, ...versions })
      yield* publish(text, isWhole ? reportFile : undefined)
      yield* judged(findings)
    }).pipe(Effect.provide(authService({ url, passwords: cheapHashes })))
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { signups: 10_000, point: 0 } })(program))
