import { Duration } from "effect"
import { PCGRandom } from "effect/Utils"
import { defaults } from "../../src/pool/PoolConfig.ts"
import type { HerdServer, Session } from "./HerdServer.ts"
import type { Use } from "./Policy.ts"
import type { SimulatedTime } from "./SimulatedTime.ts"

/** Milliseconds between a dial that failed and the next one, by the failures in a row. */
export type Delay = (failures: number, random: number) => number

interface Waiter {
  readonly serve: (session: Session) => void
  isGone: boolean
}

const acquireTimeout = Duration.toMillis(defaults.acquireTimeout)
const connectTimeout = Duration.toMillis(defaults.connectTimeout)

/**
 * A pool as one writes it in an afternoon: it dials for whoever waits, up to its maximum, and each of
 * its dials is repeated by itself for as long as somebody waits. The same deadlines as ours.
 */
export class NaivePool {
  private readonly idle: Array<Session> = []
  private waiting: Array<Waiter> = []
  private total = 0
  private dialing = 0
  private readonly dice: PCGRandom
  private readonly time: SimulatedTime
  private readonly server: HerdServer
  private readonly delay: Delay

  constructor(time: SimulatedTime, server: HerdServer, delay: Delay, seed: number) {
    this.time = time
    this.server = server
    this.delay = delay
    this.dice = new PCGRandom(seed)
  }

  readonly use: Use = (millis, done) => {
    const giveUp = this.time.after(acquireTimeout, () => {
      waiter.isGone = true
      done(false)
    })
    const waiter: Waiter = {
      isGone: false,
      serve: (session) => {
        giveUp()
        this.time.after(millis, () => {
          this.giveBack(session)
          done(true)
        })
      }
    }
    this.waiting.push(waiter)
    this.settle()
  }

  private giveBack(session: Session): void {
    if (session.isLost) this.total -= 1
    else this.idle.push(session)
    this.settle()
  }

  private isWanted(): boolean {
    while (this.waiting[0]?.isGone) this.waiting.shift()
    return this.waiting.length > 0
  }

  /** Lends what is idle, and dials for those who still wait. */
  private settle(): void {
    while (this.isWanted()) {
      const session = this.idle.pop()
      if (session === undefined) break
      if (session.isLost) this.total -= 1
      else this.waiting.shift()?.serve(session)
    }
    while (this.total < defaults.max && this.dialing < this.waiting.length) {
      this.total += 1
      this.dialing += 1
      this.dial(1)
    }
  }

  private dial(attempt: number): void {
    const failed = () => {
      timeout()
      this.time.after(this.delay(attempt, this.dice.number()), () => this.repeat(attempt + 1))
    }
    const giveUp = this.server.dial({
      onLoss: () => undefined,
      refused: failed,
      opened: (session) => {
        timeout()
        this.dialing -= 1
        this.idle.push(session)
        this.settle()
      }
    })
    const timeout = this.time.after(connectTimeout, () => {
      giveUp()
      failed()
    })
  }

  private repeat(attempt: number): void {
    if (this.isWanted()) {
      this.dial(attempt)
    } else {
      this.total -= 1
      this.dialing -= 1
    }
  }
}
