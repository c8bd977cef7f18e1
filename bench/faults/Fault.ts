import { Duration } from "effect"

export const faultNames = [
  "backends killed",
  "reset",
  "closed",
  "idle closed",
  "idle forgotten",
  "black hole",
  "crash",
  "refused",
  "cold start",
  "connection limit",
  "COMMIT lost",
  "COMMIT's answer lost"
] as const

export type FaultName = (typeof faultNames)[number]

/** Something that happens to a contestant's database, and how long. */
export interface Fault {
  readonly name: FaultName
  /** What happens, as a clause. */
  readonly what: string
  /** How long nobody calls before; the fault strikes in the middle of it. None: it strikes a busy pool. */
  readonly quiet: Duration.Duration
  /** From the strike, or from the end of the quiet, until it is mended. */
  readonly lasts: Duration.Duration
  /** From then until the next one. */
  readonly recovery: Duration.Duration
  /** Nobody can be served while it lasts. */
  readonly isOutage: boolean
}

const fault = (
  name: FaultName,
  what: string,
  seconds: { quiet?: number; lasts?: number; recovery: number; isOutage?: boolean }
): Fault => ({
  name,
  what,
  quiet: Duration.seconds(seconds.quiet ?? 0),
  lasts: Duration.seconds(seconds.lasts ?? 0),
  recovery: Duration.seconds(seconds.recovery),
  isOutage: seconds.isOutage ?? false
})

/** In the order in which they strike. */
export const faults: ReadonlyArray<Fault> = [
  fault("backends killed", "`pg_terminate_backend` ends every session (57P01)", { recovery: 2.5 }),
  fault("reset", "every connection is reset (RST)", { recovery: 2.5 }),
  fault("closed", "every connection is closed in good order (FIN)", { recovery: 2.5 }),
  fault("idle closed", "the same while nobody calls, as by a server that goes to sleep", {
    quiet: 1.5,
    recovery: 2
  }),
  fault("idle forgotten", "while nobody calls a NAT forgets every connection, and tells no one", {
    quiet: 1.5,
    recovery: 2
  }),
  fault("black hole", "the network swallows what the open connections carry; new ones work", {
    lasts: 7,
    recovery: 2.5
  }),
  fault("crash", "every process of the server is killed; 1.5 s later it is started again", {
    lasts: 1.5,
    recovery: 3.5,
    isOutage: true
  }),
  fault("refused", "every connection is reset, and for 2 s new ones are refused (ECONNREFUSED)", {
    lasts: 2,
    recovery: 3,
    isOutage: true
  }),
  fault("cold start", "while nobody calls all are closed; the server wakes 1.5 s after a call", {
    quiet: 1.5,
    lasts: 1.5,
    recovery: 2.5,
    isOutage: true
  }),
  fault("connection limit", "every connection is reset, and for 3 s only four are let in (53300)", {
    lasts: 3,
    recovery: 2
  }),
  fault("COMMIT lost", "ten times a connection is reset in front of a COMMIT", {
    lasts: 3,
    recovery: 0.5
  }),
  fault("COMMIT's answer lost", "ten times a connection is reset in front of a COMMIT's answer", {
    lasts: 3,
    recovery: 1
  })
]

/** The same fault with less time to recover from it. */
export const quickly = (fault: Fault): Fault => ({
  ...fault,
  recovery: Duration.min(fault.recovery, "1 second")
})

/** How long the longest operation of a fault may take on holdfast. */
export const promised = (fault: Fault, outage: Duration.Duration): Duration.Duration => {
  if (fault.name === "black hole") return Duration.seconds(3)
  return Duration.sum(fault.isOutage ? outage : Duration.zero, Duration.seconds(1))
}
