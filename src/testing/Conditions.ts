import { Duration } from "effect"
import { type FatalMessage, tooManyClients } from "./FatalMessage.ts"
import type { LastingFault } from "./Fault.ts"
import type { Direction } from "./WireMessage.ts"

/** What the network is like at present: the sum of all faults in force. Times in milliseconds. */
export interface Conditions {
  /** How long each byte is on its way. Infinity: until the conditions change. */
  readonly latency: number
  /** Bytes per second in each direction of each connection. Infinity: no limit. */
  readonly bandwidth: number
  /** Whether what travels that way is swallowed. */
  readonly muted: Readonly<Record<Direction, boolean>>
  /** Whether all is swallowed, of new connections too. */
  readonly isBlackhole: boolean
  readonly isRefusing: boolean
  /** How many connections may be open, and what a further one is told. */
  readonly admission: { readonly max: number; readonly answer: FatalMessage }
  /** How old a new connection is before its first byte passes. */
  readonly coldStart: number
}

/** A faithful network. */
export const faithful: Conditions = {
  latency: 0,
  bandwidth: Number.POSITIVE_INFINITY,
  muted: { toServer: false, toClient: false },
  isBlackhole: false,
  isRefusing: false,
  admission: { max: Number.POSITIVE_INFINITY, answer: tooManyClients },
  coldStart: 0
}

const worsened = (now: Conditions, fault: LastingFault): Conditions => {
  switch (fault._tag) {
    case "Latency":
      return { ...now, latency: now.latency + Duration.toMillis(fault.each) }
    case "Stall":
      return { ...now, latency: Number.POSITIVE_INFINITY }
    case "Bandwidth":
      return { ...now, bandwidth: Math.max(1, Math.min(now.bandwidth, fault.bytesPerSecond)) }
    case "Blackhole":
      return { ...now, isBlackhole: true }
    case "Mute":
      return { ...now, muted: { ...now.muted, [fault.direction]: true } }
    case "Refuse":
      return { ...now, isRefusing: true }
    case "ConnectionLimit": {
      const { answer = tooManyClients, max } = fault
      return max < now.admission.max ? { ...now, admission: { max, answer } } : now
    }
    case "ColdStart":
      return { ...now, coldStart: Math.max(now.coldStart, Duration.toMillis(fault.delay)) }
    // What happens at one moment is no condition.
    case "Suspend":
    case "IdleDrop":
      return now
  }
}

/**
 * What several faults amount to together: latencies add up, of bandwidths, limits and cold starts
 * the worst counts.
 */
export const conditionsUnder = (faults: Iterable<LastingFault>): Conditions =>
  [...faults].reduce(worsened, faithful)
