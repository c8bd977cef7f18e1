import type { Effect } from "effect"
import type { Swallowed } from "../failure/Swallowed.ts"
import type { Finding, Silent } from "./Judgement.ts"

/** A session that can be watched over. */
export interface Watchable {
  /** False once it has ended; then it is watched no longer. */
  readonly isOpen: () => boolean
  /** Grows with whatever is sent and with every byte that arrives. */
  readonly beat: number
  /** The answer that it owes, if it owes one. */
  readonly owed: (Silent & { readonly sentBytes: number }) | undefined
  /** Has what has already arrived read, so that `beat` knows of it. */
  readonly catchUp: Effect.Effect<void>
  /** Has a function called each time that something is sent. */
  readonly onSent: (callback: () => void) => void
  /** Ends it: the network has swallowed what it owes. */
  readonly swallow: (cause: Swallowed) => void
}

/** How often silence is counted before it is one. */
export const scansPerThreshold = 8

/** Two looks are this many scans apart, so that what was on its way has had time to come. */
const scansToConfirm = 2

/** Longest time between looks at a backend that works, in thresholds. */
const longestRest = 20

/** Scans in which so many bytes may still be on their way to the server: 1 Mbit/s is a slow line. */
const scansToSend = (bytes: number, scanMillis: number): number =>
  Math.floor(bytes / 128 / scanMillis)

/**
 * How long one session has been silent, in scans rather than by the clock: a process that was frozen
 * has missed its answers without their being late.
 */
export class Vigil {
  readonly session: Watchable
  /** What the last look found, if that was suspicious. */
  suspicion: Finding | undefined
  private beat = -1
  private scans = 0
  private looks = 0
  private lastLook = 0
  private nextLook = 0

  constructor(session: Watchable) {
    this.session = session
  }

  /** Counts one more scan in which nothing has come, or begins anew. */
  scan(scanMillis: number): void {
    const { owed } = this.session
    if (owed !== undefined && !this.hasMoved) {
      this.scans += 1
      return
    }
    this.beat = this.session.beat
    this.scans = 0
    this.looks = 0
    this.lastLook = 0
    this.suspicion = undefined
    this.nextLook = scansPerThreshold + scansToSend(owed?.sentBytes ?? 0, scanMillis)
  }

  /** Something was sent or has come since the last scan. */
  get hasMoved(): boolean {
    return this.session.beat !== this.beat
  }

  /** For how many scans nothing has come. */
  get silence(): number {
    return this.scans
  }

  /** It is time for a look. Where another session is suspect, a moment of silence is enough. */
  isDue(isAnySuspect: boolean): boolean {
    const isEarly = isAnySuspect && this.suspicion === undefined
    return this.scans >= (isEarly ? this.lastLook + scansToConfirm : this.nextLook)
  }

  /** It may yet answer: looked at again, later each time. */
  rest(): void {
    const thresholds = Math.min(2 ** this.looks, longestRest)
    this.looked(undefined, thresholds * scansPerThreshold)
  }

  /** It does not look well: looked at again in a moment. */
  suspect(finding: Finding): void {
    this.looked(finding, scansToConfirm)
  }

  private looked(suspicion: Finding | undefined, scansToNext: number): void {
    this.looks += 1
    this.lastLook = this.scans
    this.suspicion = suspicion
    this.nextLook = this.scans + scansToNext
  }
}
