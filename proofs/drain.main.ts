/** Ends the service under load: `npm run drain`, with `--rounds 5` for less. */
import { fileURLToPath } from "node:url"
import { Console, Effect, type Redacted } from "effect"
import { EmbeddedPostgres } from "../src/testing/index.ts"
import { progress, withOptions } from "./CommandLine.ts"
import { brokenAlone, brokenBalanced, findingsOf, peopleIn } from "./drain/Findings.ts"
import { page } from "./drain/Page.ts"
import { alone, balanced, ended, instance } from "./drain/Round.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { grantDelete, schema } from "./service/AuthService.ts"
import { endingOf } from "./service/Ending.ts"

const reportFile = fileURLToPath(new URL("drain.md", import.meta.url))

const usage = `The service is told to end while people sign up and look up sessions.

  --rounds <number>  how many times in each of two settings; 25

It takes three minutes and writes proofs/drain.md. With other options it prints.`

interface Options {
  readonly rounds: number
}

/** An instance that would wait for a minute is told a second time. */
const twice = (url: Redacted.Redacted<string>, name: NodeJS.Signals) =>
  Effect.flatMap(instance(url, { DRAIN_DELAY: "1 minute" }), (service) =>
    ended(service, [name, name])
  ).pipe(Effect.scoped)

/** The database stands still, with requests in flight that it will never answer. */
const frozen = (url: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const { freeze, thaw } = yield* EmbeddedPostgres
    const service = yield* instance(url, { DRAIN_DEADLINE: "2 seconds" })
    yield* endingOf(service.url, false, { method: "GET", path: "/health/database" })
    yield* freeze
    const body = { email: "frozen@example.com", password: "a proof of drains" }
    const signUp = endingOf(service.url, false, { method: "POST", path: "/auth/signup", body })
    yield* Effect.forkScoped(Effect.replicateEffect(signUp, 5, { concurrency: "unbounded" }))
    yield* Effect.sleep("500 millis")
    return yield* Effect.ensuring(ended(service), thaw)
  }).pipe(Effect.scoped)

const times = (number: number) => Array.from({ length: number }, (_, index) => index + 1)

const program = ({ rounds }: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    const { direct, url, version } = yield* ProofDatabase
    yield* grantDelete
    const told = progress(1)
    const single = yield* Effect.forEach(times(rounds), (round) =>
      Effect.tap(alone(url, `alone.${round}`), told(round, 2 * rounds))
    )
    const many = yield* balanced(url, rounds, (done) => told(rounds + done, 2 * rounds))
    const again = [
      ["SIGTERM twice", [yield* twice(url, "SIGTERM")]],
      ["SIGINT twice", [yield* twice(url, "SIGINT")]],
      ["SIGTERM, five requests waiting for a frozen database, 2 s allowed", [yield* frozen(url)]]
    ] as const
    const people = yield* peopleIn(direct)
    const run = {
      alone: findingsOf(single, people),
      balanced: findingsOf([many], people),
      others: again,
      postgresVersion: version,
      nodeVersion: process.versions.node
    }
    yield* publish(page(run), isWhole ? reportFile : undefined)
    const broken = [...brokenAlone(run.alone), ...brokenBalanced(run.balanced)]
    yield* broken.length === 0
      ? Console.log(`${2 * rounds} ends, every promise kept`)
      : new ProofFailed({ message: broken.join(", and ") })
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer(schema)))

runProof(withOptions({ usage, defaults: { rounds: 25 } })(program))
