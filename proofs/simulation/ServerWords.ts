import { Duration } from "effect"
import type { Loss } from "../../src/pool/Connection.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import type { Welcome } from "./Program.ts"

const messages: Readonly<Record<Exclude<Welcome, "accepted" | "swallowed"> | "full", string>> = {
  refused: "ECONNREFUSED: nobody listens",
  startingUp: "57P03: the database system is starting up",
  fatal: "28P01: password authentication failed",
  tooOften: "XX000: you open connections too often",
  usedUp: "XX000: your quota is used up",
  full: "53300: too many connections"
}

/** For how long a server asks not to be dialed again, in milliseconds. */
export const pauses = { tooOften: 400, usedUp: 5_000 } as const

const pauseOf = (why: keyof typeof messages): Duration.Duration | undefined =>
  why === "tooOften" || why === "usedUp" ? Duration.millis(pauses[why]) : undefined

/** What a dial is told that is not let in. */
export const refusal = (why: keyof typeof messages): ConnectError =>
  new ConnectError({
    message: messages[why],
    isFatal: why === "fatal",
    provesRestart: why === "startingUp",
    retryAfter: pauseOf(why)
  })

export const goodbye: Loss = { message: "57P01: terminating connection", provesRestart: false }

export const reset: Loss = { message: "ECONNRESET: reset by peer", provesRestart: false }

export const crash: Loss = { message: "57P02: the server crashed", provesRestart: true }
