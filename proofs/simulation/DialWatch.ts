import type { Instant } from "./Timeline.ts"
import {
  type Burst,
  openSessions,
  overtakenAfter,
  precision,
  rounding,
  type World,
  waiting
} from "./World.ts"

/** How a dial ended. */
export type Landing =
  | { readonly _tag: "Accepted" }
  | {
      readonly _tag: "Failed"
      readonly isFatal: boolean
      readonly provesRestart: boolean
      /** For how many milliseconds the server asks not to be dialed again. */
      readonly pause: number
    }
  /** The pool gave it up. */
  | { readonly _tag: "Abandoned" }

export interface Dial {
  readonly id: number
  readonly beganAt: Instant
  /** The network swallowed it: it will never be answered. */
  readonly isSwallowed: boolean
}

/** Dials that failed in a row: those under way together count as one. */
export interface Failing {
  readonly failures: number
  readonly since: Instant
  readonly lastAt: Instant
  /** When another failed last that counts only if the server asked for more peace in it. */
  readonly latestAt: Instant
  /** For how long the server asked not to be dialed again. */
  readonly pause: number
}

/** A dial that was accepted. */
export interface Accepted {
  readonly dial: Dial
  readonly burst: Burst
}

type Looked = Pick<World, "burst" | "callers" | "knobs" | "now" | "sessions">

/**
 * After so many milliseconds a row of failures is over where nobody has needed a dial since: longer than
 * a server here asks to be left alone.
 */
const lapsesAfter = 10_000

/**
 * A later one was accepted in this burst, and this one has been silent for so long that there is no hope
 * left. The database of the simulation gives no sign before it accepts (`onSign`): what becomes of a dial
 * whose server was heard is not seen here, but in `test/pool/PoolMachine.dialing.test.ts`.
 */
export const isLeftBehind = (
  { accepted, burst, now }: Pick<World, "accepted" | "burst" | "now">,
  { beganAt }: Dial,
  silence: number
): boolean =>
  accepted?.burst === burst && beganAt < accepted.dial.beganAt && now - beganAt >= silence

/** What can be known of a pool's dials by who watches the network. */
export class DialWatch {
  readonly dials = new Set<Dial>()
  failing: Failing | undefined
  dialedAt: Instant = Number.NEGATIVE_INFINITY
  /** The last burst in which a dial was given up that was old enough, and another begun in its place. */
  overtakenIn: Burst = -1
  /** The last dial that was accepted. */
  accepted: Accepted | undefined
  /** The most dials at once that the pool may have thought allowed at any moment of this burst. */
  widest = 1
  /** The pool may count the row of failures as over, and need not yet. */
  mayHaveLapsed = false
  /** Since when something is open, nobody waits, and nothing is dialed. */
  private unneededSince: Instant | undefined
  private ramp = 1
  private begun = 0
  private beforeOvertaken: Failing | undefined
  private readonly world: Looked

  constructor(world: Looked) {
    this.world = world
  }

  /** Only now is it known whether the one given up just before was overtaken, or had had its time. */
  reconsider(): void {
    if (this.overtakenIn === this.world.burst) this.failing = this.beforeOvertaken
  }

  begin(isSwallowed: boolean): Dial {
    const dial = { id: this.begun++, beganAt: this.world.now, isSwallowed }
    this.dialedAt = dial.beganAt
    this.dials.add(dial)
    return dial
  }

  end(dial: Dial, landing: Landing): void {
    this.dials.delete(dial)
    if (landing._tag === "Accepted") this.succeed(dial)
    else if (landing._tag === "Failed") this.fail(dial, landing.pause)
    else this.abandon(dial)
  }

  /** Another burst begins. */
  rest(): void {
    const { world } = this
    const isNeeded =
      this.dials.size > 0 || openSessions(world).length === 0 || waiting(world).length > 0
    this.unneededSince = isNeeded ? undefined : (this.unneededSince ?? world.now)
    this.widest = this.width()
  }

  /** Time has passed, in which a row of failures may have lapsed that nobody has met since. */
  lapse(): void {
    const { failing, unneededSince } = this
    const { now } = this.world
    if (failing === undefined || unneededSince === undefined) return
    if (now >= failing.lastAt + lapsesAfter - rounding) this.mayHaveLapsed = true
    // Whatever the pool hears tells it, at the latest a timer of its own.
    if (now <= Math.max(failing.latestAt + lapsesAfter, unneededSince) + precision) return
    this.failing = undefined
    this.ramp = 1
    this.mayHaveLapsed = false
  }

  /** One more with each dial that succeeds while something is open, and one again after a failure. */
  widen(): void {
    this.widest = Math.max(this.widest, this.width())
  }

  private width(): number {
    return this.failing === undefined && openSessions(this.world).length > 0 ? this.ramp : 1
  }

  private succeed(dial: Dial): void {
    this.accepted = { dial, burst: this.world.burst }
    const isBeside = this.failing === undefined && openSessions(this.world).length > 0
    this.ramp = 1 + (isBeside ? this.ramp : 1)
    this.failing = undefined
    this.mayHaveLapsed = false
  }

  private fail({ beganAt }: Dial, pause: number): void {
    const { failing } = this
    const { now } = this.world
    if (failing !== undefined && beganAt < failing.since) {
      this.failing = { ...failing, latestAt: now }
      return
    }
    this.mayHaveLapsed = false
    this.failing = {
      failures: (failing?.failures ?? 0) + 1,
      since: failing?.since ?? now,
      lastAt: now,
      latestAt: now,
      pause
    }
  }

  private abandon(dial: Dial): void {
    const { burst, knobs, now } = this.world
    // In the moment in which another was accepted no time runs out.
    const seen = { accepted: this.accepted, burst, now }
    if (isLeftBehind(seen, dial, overtakenAfter - rounding)) return
    const age = now - dial.beganAt
    if (age >= overtakenAfter - precision && this.overtakenIn !== burst) {
      this.overtakenIn = burst
      this.beforeOvertaken = this.failing
    }
    if (age >= knobs.connectTimeout - precision) this.fail(dial, 0)
  }
}
