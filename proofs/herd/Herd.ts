import { Effect } from "effect"
import { PCGRandom } from "effect/Utils"
import type { Instant } from "./Agenda.ts"
import { type Absence, type Capacity, HerdServer } from "./HerdServer.ts"
import type { Policy, Use } from "./Policy.ts"
import { SimulatedTime } from "./SimulatedTime.ts"

/** The pools, those who use them, and the server. */
export interface Setting {
  readonly pools: number
  readonly capacity: Capacity
  readonly absence: Absence
  /** How long the server is away, and how long it is watched after that: milliseconds. */
  readonly outage: number
  readonly patience: number
}

/** What was seen of one policy. */
export interface HerdRun {
  readonly policy: string
  readonly setting: Setting
  /** Dials in each second of the outage, and in each of those after it that are watched. */
  readonly dialsAway: ReadonlyArray<number>
  readonly dialsBack: ReadonlyArray<number>
  readonly wasted: number
  /** Of every pool, and of every caller, when it was first served, in milliseconds from the return. */
  readonly poolsServed: ReadonlyArray<Instant>
  readonly callersServed: ReadonlyArray<Instant>
}

export const callersPerPool = 10

/** For so long after the return the dials are counted: milliseconds. */
export const watched = 30_000

/**
 * How long a caller uses a connection, thinks on average before it wants the next, and waits when it
 * could not have one: milliseconds.
 */
const use = 20
const thought = 4000
const pause = 1000

/** Before the server goes away: most callers have been served, and the pools have what they need. */
const prelude = 10_000

/** The server as the proof has it, for so many pools of ten. */
export const settingOf = (pools: number, absence: Absence): Setting => ({
  pools,
  absence,
  capacity: {
    warm: pools / 2,
    cold: pools / 20,
    warmUp: 10_000,
    crowd: pools,
    sessions: pools * 5,
    trip: 100
  },
  outage: 60_000,
  patience: 60_000
})

/** Counts who has been served since the server is back. */
class Census {
  readonly poolsServed: Array<Instant> = []
  readonly callersServed: Array<Instant> = []
  backAt = Number.POSITIVE_INFINITY
  private readonly seen = new Set<string>()

  served(pool: number, caller: number, now: Instant): void {
    if (now < this.backAt) return
    this.note(`${pool}`, this.poolsServed, now)
    this.note(`${pool}.${caller}`, this.callersServed, now)
  }

  private note(name: string, list: Array<Instant>, now: Instant): void {
    if (this.seen.has(name)) return
    this.seen.add(name)
    list.push(now - this.backAt)
  }
}

/** Somebody who uses a connection again and again. */
const live = (time: SimulatedTime, dice: PCGRandom, useOne: Use, served: () => void): void => {
  const work = () =>
    useOne(use, (wasServed) => {
      if (wasServed) served()
      time.after(wasServed ? -thought * Math.log(1 - dice.number()) : pause, work)
    })
  time.after(dice.number() * thought, work)
}

/** The dials in each second of a span of time. */
const secondsOf = ({ dials }: HerdServer, from: Instant, millis: number) =>
  Array.from({ length: millis / 1000 }, (_, second) => dials[from / 1000 + second] ?? 0)

/** Lets the process hear a signal. */
const breath = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Lets time pass up to that instant, or until there is no need any more. */
const pass = (time: SimulatedTime, until: Instant, isOver: () => boolean = () => false) =>
  Effect.gen(function* () {
    while (time.now < until && !isOver()) {
      time.advance(Math.min(until, time.now + 1000), isOver)
      yield* breath
    }
  })

const populate = (
  time: SimulatedTime,
  server: HerdServer,
  census: Census,
  { policy, setting }: { readonly policy: Policy; readonly setting: Setting }
) => {
  const dice = new PCGRandom(1)
  for (let number = 0; number < setting.pools; number++) {
    const useOne = policy.pool(time, server, number)
    for (let caller = 0; caller < callersPerPool; caller++) {
      live(time, dice, useOne, () => census.served(number, caller, time.now))
    }
  }
}

/** Has a server go away under many pools, and come back. */
export const herd = (policy: Policy, setting: Setting): Effect.Effect<HerdRun> =>
  Effect.gen(function* () {
    const { absence, capacity, outage, patience, pools } = setting
    const time = new SimulatedTime()
    const server = new HerdServer(time, capacity)
    const census = new Census()
    populate(time, server, census, { policy, setting })
    yield* pass(time, prelude)
    server.goAway(absence)
    yield* pass(time, prelude + outage)
    server.comeBack()
    const backAt = time.now
    census.backAt = backAt
    const everybody = pools * callersPerPool
    yield* pass(time, backAt + patience, () => census.callersServed.length === everybody)
    yield* pass(time, backAt + watched)
    return {
      policy: policy.name,
      setting,
      dialsAway: secondsOf(server, prelude, outage),
      dialsBack: secondsOf(server, backAt, watched),
      wasted: server.wasted,
      poolsServed: census.poolsServed,
      callersServed: census.callersServed
    }
  })
