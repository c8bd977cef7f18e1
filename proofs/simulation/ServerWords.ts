import type { Loss } from "../../src/pool/Connection.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import type { Welcome } from "./Program.ts"

const messages: Readonly<Record<Exclude<Welcome, "accepted" | "swallowed"> | "full", string>> = {
  refused: "ECONNREFUSED: nobody listens",
  startingUp: "57P03: the database system is starting up",
  fatal: "28P01: password authentication failed",
  full: "53300: too many connections"
}

/** What a dial is told that is not let in. */
export const refusal = (why: keyof typeof messages): ConnectError =>
  new ConnectError({
    message: messages[why],
    isFatal: why === "fatal",
    provesRestart: why === "startingUp"
  })

export const goodbye: Loss = { message: "57P01: terminating connection", provesRestart: false }

export const reset: Loss = { message: "ECONNRESET: reset by peer", provesRestart: false }

export const crash: Loss = { message: "57P02: the server crashed", provesRestart: true }
