/** What a request costs beside the floor and a peer: `npm run bench:http`, with `-- --rounds 1` for less. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Console, Effect, type Redacted } from "effect"
import { doing, progress, withOptions } from "../proofs/CommandLine.ts"
import { publish, runProof } from "../proofs/Proof.ts"
import { ProofDatabase } from "../proofs/ProofDatabase.ts"
import { EmbeddedPostgres } from "../src/testing/index.ts"
import { howToInstall, installedBetterAuth } from "./http/BetterAuthPackage.ts"
import { goalsOf } from "./http/Goals.ts"
import { lookUpContestants, type Scale, signUpContestants, started } from "./http/HttpBenchmarks.ts"
import type { HttpRun } from "./http/HttpRun.ts"
import { interleaved } from "./http/Interleaved.ts"
import { page } from "./http/Page.ts"
import { picture } from "./http/Picture.ts"
import { betterAuth, byHand, holdfast, onPlatform } from "./http/Service.ts"
import { embeddedContestant, startContestants } from "./http/Starts.ts"
import { thisMachine } from "./Machine.ts"

const folder = fileURLToPath(new URL("../docs/performance/", import.meta.url))

const usage = `holdfast's service beside one written by hand and better-auth: look-ups, sign-ups, starts.

  --rounds <number>   rounds of each; 7
  --slice <number>    milliseconds of one contestant in one round; 3000
  --lookups <number>  sessions looked up at the same time; 32
  --signups <number>  people who sign up at the same time; 16

It takes five minutes on a machine that does nothing else, and writes docs/performance/http.md and http.svg. With
other options it prints. better-auth takes part once it is installed: ${howToInstall}`

const defaults: Readonly<Record<keyof Scale, number>> = {
  rounds: 7,
  slice: 3000,
  lookups: 32,
  signups: 16
}

const told = (what: string) => Effect.as(doing(what), progress(1))

/** Everybody listens on one database; holdfast first, whose migrations make the tables of the floor. */
const underLoad = (database: Redacted.Redacted<string>, scale: Scale, hasPeer: boolean) =>
  Effect.gen(function* () {
    const all = [holdfast, byHand, onPlatform, ...(hasPeer ? [betterAuth] : [])]
    const services = yield* started(all, database)
    const lookUps = yield* interleaved(
      yield* lookUpContestants(services, scale),
      scale.rounds,
      yield* told("Session look-ups")
    )
    const signUps = yield* interleaved(
      signUpContestants(services, scale),
      scale.rounds,
      yield* told("Sign-ups")
    )
    return { lookUps, signUps }
  }).pipe(Effect.scoped)

const measured = (database: Redacted.Redacted<string>, scale: Scale, hasPeer: boolean) =>
  Effect.gen(function* () {
    const { lookUps, signUps } = yield* underLoad(database, scale, hasPeer)
    const contestants = [...(yield* startContestants(database)), yield* embeddedContestant]
    const starts = yield* interleaved(contestants, scale.rounds, yield* told("Starts"))
    return { lookUps, signUps, starts }
  })

const program = (scale: Scale, isWhole: boolean) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    const { version } = yield* ProofDatabase
    const betterAuthVersion = installedBetterAuth()
    const run: HttpRun = {
      ...(yield* measured(url, scale, betterAuthVersion !== undefined)),
      scale,
      betterAuthVersion,
      machine: thisMachine(version)
    }
    if (isWhole) yield* Effect.promise(() => mkdir(folder, { recursive: true }))
    yield* publish(page(run), isWhole ? join(folder, "http.md") : undefined)
    if (isWhole) yield* publish(picture(run), join(folder, "http.svg"))
    const missed = goalsOf(run).filter(({ isMet }) => !isMet)
    yield* Console.log(
      missed.length === 0
        ? "every goal is met"
        : `not met: ${missed.map(({ reached, text }) => `${text} (${reached.median.toFixed(2)})`).join("; ")}`
    )
  }).pipe(Effect.scoped, Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults })(program))
