/** Kills the database of a busy service, and photographs its dashboard: `npm run screenshots`. */
import { mkdir } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Server } from "../src/http/Server.ts"
import { EmbeddedPostgres } from "../src/testing/index.ts"
import { withOptions } from "./CommandLine.ts"
import { openBrowser, openPage } from "./dashboard/Browser.ts"
import { crash } from "./dashboard/Crash.ts"
import { adminToken, dashboardService } from "./dashboard/DashboardService.ts"
import { load } from "./dashboard/Load.ts"
import { type Camera, looks, type Moment, photograph, signIn } from "./dashboard/Photograph.ts"
import { runProof } from "./Proof.ts"

const folder = fileURLToPath(new URL("../docs/screenshots/", import.meta.url))

const usage = `Photographs the dashboard before, while and after the database of a busy service is killed.

  --seconds <number>  how long the service is busy before; 75
  --people <number>   how many use it; 16

It takes half a minute longer, needs Chromium, and writes docs/screenshots/.`

interface Options {
  readonly seconds: number
  readonly people: number
}

const story = ({ people, seconds }: Options) =>
  Effect.gen(function* () {
    const { url } = yield* Server
    const postgres = yield* EmbeddedPostgres
    const browser = yield* openBrowser
    yield* Effect.fork(load(url, people))
    yield* Effect.sleep(`${seconds} seconds`)
    const cameras = yield* Effect.forEach(looks, (look) =>
      Effect.map(openPage(browser, look.options), (page): Camera => ({ look, page }))
    )
    yield* Effect.forEach(cameras, ({ page }) => signIn(page, url, adminToken))
    const all = (moment: Moment) => Effect.forEach(cameras, photograph(folder, moment))
    yield* Effect.sleep("5 seconds")
    yield* all("before")
    yield* crash
    yield* Effect.sleep("6 seconds")
    yield* all("during")
    yield* postgres.start
    yield* Effect.sleep("10 seconds")
    yield* all("after")
  })

const program = (options: Options) =>
  Effect.gen(function* () {
    yield* Effect.promise(() => mkdir(folder, { recursive: true }))
    const { url } = yield* EmbeddedPostgres
    yield* Effect.provide(story(options), dashboardService(url))
    yield* Console.log(`Written to ${folder}`)
  }).pipe(Effect.scoped, Effect.provide(EmbeddedPostgres.layer()))

runProof(withOptions({ usage, defaults: { seconds: 75, people: 16 } })(program))
