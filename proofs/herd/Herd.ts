import { PCGRandom } from "effect/Utils"
import type { Instant } from "./Agenda.ts"
import { type Capacity, HerdServer } from "./HerdServer.ts"
import type { Policy, Use } from "./Policy.ts"
import { SimulatedTime } from "./SimulatedTime.ts"

/** The pools, those who use them, and the server. */
export interface Setting {
  readonly pools: number
  readonly capacity: Capacity
  /** How long the server is away, and how long it is watched after that: milliseconds. */
  readonly outage: number
  readonly patience: number
}

/** What was seen of one policy. */
export interface HerdRun {
  readonly policy: string
  readonly setting: Setting
  /** Of every dial, in milliseconds from when the server went away. */
  readonly dials: ReadonlyArray<Instant>
  readonly wasted: number
  /** Of every pool, and of every caller, when it was first served, in milliseconds from the return. */
  readonly poolsServed: ReadonlyArray<Instant>
  readonly callersServed: ReadonlyArray<Instant>
}

export const callersPerPool = 10

/** How long a caller uses a connection, and thinks on average before it wants the next. */
const use = 20
const thought = 4000

/** Before the server goes away: most callers have been served, and the pools have what they need. */
const prelude = 10_000

/** The server as the proof has it, for so many pools of ten. */
export const settingOf = (pools: number): Setting => ({
  pools,
  capacity: {
    warm: pools / 2,
    cold: pools / 20,
    warmUp: 10_000,
    crowd: pools,
    sessions: pools * 5,
    trip: 100
  },
  outage: 60_000,
  patience: 120_000
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

/** Somebody who uses a connection, thinks, and does so again, whatever came of it. */
const live = (time: SimulatedTime, dice: PCGRandom, useOne: Use, served: () => void): void => {
  const think = () => time.after(-thought * Math.log(1 - dice.number()), work)
  const work = () =>
    useOne(use, (wasServed) => {
      if (wasServed) served()
      think()
    })
  time.after(dice.number() * thought, work)
}

/** Has a server go away under many pools, and come back. */
export const herd = (policy: Policy, setting: Setting): HerdRun => {
  const time = new SimulatedTime()
  const server = new HerdServer(time, setting.capacity)
  const dice = new PCGRandom(1)
  const census = new Census()
  for (let number = 0; number < setting.pools; number++) {
    const useOne = policy.pool(time, server, number)
    for (let caller = 0; caller < callersPerPool; caller++) {
      live(time, dice, useOne, () => census.served(number, caller, time.now))
    }
  }
  time.advance(prelude)
  server.goAway()
  const beforehand = server.dials.length
  time.advance(prelude + setting.outage)
  server.comeBack()
  census.backAt = time.now
  const everybody = setting.pools * callersPerPool
  const shown = time.now + watched
  time.advance(time.now + setting.patience, () => census.callersServed.length === everybody)
  time.advance(Math.max(time.now, shown))
  return {
    policy: policy.name,
    setting,
    dials: server.dials.slice(beforehand).map((at) => at - prelude),
    wasted: server.wasted,
    poolsServed: census.poolsServed,
    callersServed: census.callersServed
  }
}

/** For so long after the return the dials are counted: milliseconds. */
export const watched = 30_000
