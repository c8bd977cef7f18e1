import { Effect, Fiber } from "effect"
import type {
  EmbeddedPostgres,
  EmbeddedPostgresError,
  FaultProxy
} from "../../src/testing/index.ts"
import type { RoundRobin } from "../service/RoundRobin.ts"
import { type Burst, burst } from "./Burst.ts"
import type { Fleet } from "./Fleet.ts"
import { live, type Person } from "./Person.ts"

/** What three instances go through. */
export interface OrdealOptions {
  readonly fleet: Fleet
  readonly balancer: RoundRobin
  readonly proxies: ReadonlyArray<FaultProxy["Type"]>
  readonly server: EmbeddedPostgres["Type"]
  readonly people: number
  readonly progress: (done: number, of: number) => Effect.Effect<void>
}

/** What was seen meanwhile. */
export interface Ordeal {
  readonly persons: ReadonlyArray<Person>
  /** While nothing was wrong. */
  readonly calm: ReadonlyArray<Burst>
  /** While everything was. */
  readonly stormy: ReadonlyArray<Burst>
  readonly faults: ReadonlyArray<string>
}

const PAUSE = "1500 millis"

/** What goes wrong, in this order, with a pause after each. */
const faultsOf = ({
  fleet,
  proxies,
  server
}: OrdealOptions): ReadonlyArray<
  readonly [name: string, Effect.Effect<unknown, EmbeddedPostgresError>]
> => [
  ["one instance's connections to the database are reset", proxies[0]?.resetAll ?? Effect.void],
  ["an administrator ends all sessions", server.killSessions],
  ["an instance gets SIGTERM, and another takes its place", fleet.replace(0, "SIGTERM")],
  ["all connections to the database are reset", Effect.forEach(proxies, (proxy) => proxy.resetAll)],
  ["an instance gets SIGKILL, and another takes its place", fleet.replace(1, "SIGKILL")],
  ["the database is restarted", server.restart("fast")],
  ["one instance's connections are forgotten by a NAT", proxies[2]?.forgetAll ?? Effect.void],
  ["the database crashes and recovers", Effect.zipRight(server.crash, server.start)],
  ["an instance gets SIGTERM, and another takes its place", fleet.replace(2, "SIGTERM")]
]

/** So many live one life after the other until it is over; all lives come to their end. */
const lives = (options: OrdealOptions, isOver: () => boolean) => {
  const persons: Array<Person> = []
  let number = 0
  const places = { url: options.balancer.url, instances: options.fleet.urls }
  const one = Effect.suspend(() => live(places, ++number)).pipe(
    Effect.tap((person) => Effect.sync(() => persons.push(person))),
    Effect.repeat({ until: isOver })
  )
  return Effect.as(
    Effect.replicateEffect(one, options.people, { concurrency: "unbounded", discard: true }),
    persons
  )
}

/** Lets people come and go while one thing after another goes wrong. */
export const ordeal = (options: OrdealOptions) =>
  Effect.gen(function* () {
    const { balancer, progress } = options
    const faults = faultsOf(options)
    let isOver = false
    let bursts = 0
    const next = Effect.suspend(() => burst(balancer.url, ++bursts))
    const persons = yield* Effect.fork(lives(options, () => isOver))
    const before = yield* Effect.replicateEffect(next, 3)
    const stormy: Array<Burst> = []
    const storm = yield* Effect.fork(
      Effect.forever(Effect.tap(next, (seen) => Effect.sync(() => stormy.push(seen))))
    )
    yield* Effect.forEach(faults, ([, fault], index) =>
      Effect.zipRight(fault, progress(index + 1, faults.length)).pipe(
        Effect.zipRight(Effect.sleep(PAUSE))
      )
    )
    yield* Fiber.interrupt(storm)
    yield* Effect.sleep("2 seconds")
    const after = yield* Effect.replicateEffect(next, 3)
    isOver = true
    return {
      persons: yield* Fiber.join(persons),
      calm: [...before, ...after],
      stormy,
      faults: faults.map(([name]) => name)
    } satisfies Ordeal
  })
