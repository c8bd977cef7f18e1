/** Three instances through every fault: `npm run instances`, with `--people 3` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { EmbeddedPostgres, FaultProxy } from "../src/testing/index.ts"
import { mailServer } from "../test/mail/MailServer.ts"
import { progress, withOptions } from "./CommandLine.ts"
import { brokenPromises, rowsIn, settled } from "./instances/Findings.ts"
import { fleet } from "./instances/Fleet.ts"
import { ordeal } from "./instances/Ordeal.ts"
import { page } from "./instances/Page.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { grantDelete, schema } from "./service/AuthService.ts"
import { roundRobin } from "./service/RoundRobin.ts"

const reportFile = fileURLToPath(new URL("instances.md", import.meta.url))

const usage = `Three instances of the service on one database, behind a balancer, while things go wrong.

  --people <number>  how many come and go at the same time; 4

It takes two minutes and writes proofs/instances.md. With other options it prints.`

interface Options {
  readonly people: number
}

/** They drain behind the balancer for longer than it takes to look. */
const environment = (mailPort: number) => ({
  AUTH_THROTTLE: "on",
  DRAIN_DELAY: "500 millis",
  MAIL_FROM: "holdfast@example.com",
  SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
  TRUST_PROXY: "1"
})

const program = ({ people }: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { address, direct, url, version } = yield* ProofDatabase
    yield* grantDelete
    const server = yield* EmbeddedPostgres
    const mail = yield* mailServer()
    const balancer = yield* roundRobin
    const proxies = yield* Effect.replicateEffect(FaultProxy.make({ upstream: address }), 3)
    const env = environment(mail.port)
    const instances = yield* fleet({ balancer, database: url, env, proxies })
    const seen = yield* ordeal({
      balancer,
      proxies,
      server,
      people,
      fleet: instances,
      progress: progress(1)
    })
    // A letter that a killed instance had in hand comes back when its lease of a minute is over.
    yield* settled(direct)
    const findings = {
      ordeal: seen,
      rows: yield* rowsIn(direct),
      letters: mail.deliveries.flatMap(({ to }) => to),
      unanswered: balancer.unanswered()
    }
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    yield* publish(page({ findings, ...versions }), isWhole ? reportFile : undefined)
    const broken = brokenPromises(findings)
    yield* broken.length === 0
      ? Console.log(`${seen.persons.length} people, every promise kept`)
      : new ProofFailed({ message: broken.join(", and ") })
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { people: 4 } })(program))
