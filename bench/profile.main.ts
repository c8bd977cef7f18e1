/** Where the time of a request goes, beside the same by hand: `npm run profile`. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, type Redacted } from "effect"
import { doing, withOptions } from "../proofs/CommandLine.ts"
import { publish, runProof } from "../proofs/Proof.ts"
import { ProofDatabase } from "../proofs/ProofDatabase.ts"
import { EmbeddedPostgres } from "../src/testing/index.ts"
import { lookUps, signUps } from "./http/Crowd.ts"
import { byHand, holdfast, onPlatform, script } from "./http/Service.ts"
import { thisMachine } from "./Machine.ts"
import { page } from "./profile/Page.ts"
import { started } from "./profile/Profiled.ts"

const folder = fileURLToPath(new URL("../docs/performance/", import.meta.url))

const usage = `Where the main thread of holdfast's service spends a request, beside a service written by hand.

  --seconds <number>  how long each is looked at; 8
  --lookups <number>  sessions looked up at the same time; 32
  --signups <number>  people who sign up at the same time; 16

It takes two minutes, and writes docs/performance/profile.md. With other options it prints.`

const defaults: Readonly<Record<"seconds" | "lookups" | "signups", number>> = {
  seconds: 8,
  lookups: 32,
  signups: 16
}

type Scale = typeof defaults

/** The bundle would be one file. */
const unbundled = {
  ...holdfast,
  program: (database: Redacted.Redacted<string>) =>
    script("dist/main.js", database, { AUTH_THROTTLE: "off" })
}

/** One after the other: together they would take each other's time. */
const profiles = (database: Redacted.Redacted<string>, { lookups, seconds, signups }: Scale) =>
  Effect.forEach([unbundled, byHand, onPlatform], (each) =>
    Effect.gen(function* () {
      yield* doing(each.name)
      const { profile, service } = yield* started(each, database)
      const millis = seconds * 1000
      const question = yield* lookUps(service)
      const lookingUp = { question, expected: 200, callers: lookups }
      const signingUp = { question: signUps(each), expected: each.signedUp, callers: signups }
      return {
        name: each.name,
        lookUps: yield* profile(lookingUp, millis),
        signUps: yield* profile(signingUp, millis)
      }
    }).pipe(Effect.scoped)
  )

const program = (scale: Scale, isWhole: boolean) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    const { version } = yield* ProofDatabase
    const all = yield* profiles(url, scale)
    const run = {
      lookUps: new Map(all.map(({ lookUps, name }) => [name, lookUps])),
      signUps: new Map(all.map(({ name, signUps }) => [name, signUps])),
      callers: { lookUps: scale.lookups, signUps: scale.signups },
      seconds: scale.seconds,
      machine: thisMachine(version)
    }
    yield* publish(page(run), isWhole ? join(folder, "profile.md") : undefined)
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults })(program))
