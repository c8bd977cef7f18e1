/** Half an hour of load and faults: `npm run soak`, with `-- --minutes 3 --interval 5` for less. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Console, Duration, Effect } from "effect"
import { doing, progress, withOptions } from "../proofs/CommandLine.ts"
import { ProofFailed, publish, runProof } from "../proofs/Proof.ts"
import { ProofDatabase } from "../proofs/ProofDatabase.ts"
import { EmbeddedPostgres, FaultProxy, FaultSchedule, injectInto } from "../src/testing/index.ts"
import { thisMachine } from "./Machine.ts"
import { scheduleOf } from "./soak/Ordeals.ts"
import { growing, page, verdict } from "./soak/Page.ts"
import { picture } from "./soak/Picture.ts"
import { probedService } from "./soak/ProbedService.ts"
import { soaked } from "./soak/Soak.ts"
import { visitors } from "./soak/Visitors.ts"

const folder = fileURLToPath(new URL("../docs/performance/", import.meta.url))

const usage = `The service under load, while its database is struck again and again: does anything grow?

  --minutes <number>   how long; 30
  --interval <number>  seconds between two samples, and between two faults; 30

It ends by itself, and writes docs/performance/soak.md and soak.svg. With other options it prints. Six samples
are the least, and of so few what grows may be chance.`

interface Options {
  readonly minutes: number
  readonly interval: number
}

/** The second half must hold three. */
const fewest = 6

const samples = ({ interval, minutes }: Options) =>
  Effect.gen(function* () {
    const server = yield* EmbeddedPostgres
    const proxy = yield* FaultProxy.make({ upstream: server })
    const service = yield* probedService(proxy.url(server.url))
    const visits = yield* visitors(service.port)
    const intervals = Math.floor((minutes * 60) / interval)
    const each = Duration.seconds(interval)
    yield* doing(`${intervals} intervals of ${Duration.format(each)}`)
    return yield* soaked({
      ...{ each, intervals, service, visits },
      schedule: scheduleOf(intervals, each),
      strike: (schedule) => FaultSchedule.run(schedule, injectInto(proxy, server)),
      tell: progress(1)
    })
  }).pipe(Effect.scoped)

const program = (options: Options, isWhole: boolean) =>
  Effect.gen(function* () {
    if (options.interval === 0 || (options.minutes * 60) / options.interval < fewest) {
      return yield* new ProofFailed({ message: `That is less than ${fewest} samples.\n\n${usage}` })
    }
    const { version } = yield* ProofDatabase
    const seen = yield* samples(options)
    const run = { ...options, samples: seen, machine: thisMachine(version) }
    if (isWhole) yield* Effect.promise(() => mkdir(folder, { recursive: true }))
    yield* publish(page(run), isWhole ? join(folder, "soak.md") : undefined)
    if (isWhole) yield* publish(picture(seen), join(folder, "soak.svg"))
    yield* growing(seen).length === 0
      ? Console.log(verdict(seen))
      : new ProofFailed({ message: verdict(seen) })
  }).pipe(Effect.provide(ProofDatabase.layer("SELECT")))

runProof(withOptions({ usage, defaults: { minutes: 30, interval: 30 } })(program))
