import type { Instant } from "../runtime/Instant.ts"
import type { Loss } from "./Connection.ts"
import type { AcquireError, ConnectError } from "./PoolError.ts"
import type { PoolEvent } from "./PoolEvent.ts"
import type { Waiter } from "./WaitQueue.ts"

/** What the shell tells the machine. `at` is the instant it happened, `random` lies in [0, 1). */
export type Input =
  | { readonly _tag: "Acquire"; readonly at: Instant; readonly ticket: number }
  /** A caller who has not been answered leaves. */
  | { readonly _tag: "Cancel"; readonly at: Instant; readonly ticket: number }
  | { readonly _tag: "Tick"; readonly at: Instant }
  /** The machine was suspended for longer than the clock tells: whatever is open may have ended. */
  | { readonly _tag: "Slept"; readonly at: Instant }
  /** Open what is missing to the minimum. */
  | { readonly _tag: "Warm"; readonly at: Instant }
  /** By hand: condemn all that is open. */
  | { readonly _tag: "Recreate"; readonly at: Instant; readonly detail: string }
  | { readonly _tag: "Close"; readonly at: Instant }
  | MemberInput

/** What the shell tells about one connection. */
export type MemberInput =
  | {
      readonly _tag: "Release"
      readonly at: Instant
      readonly id: number
      readonly usable: boolean
    }
  /** It was to be lent, but its flags say that it is dead: its caller waits again. */
  | { readonly _tag: "Unfit"; readonly at: Instant; readonly id: number; readonly waiter: Waiter }
  /** The server that is being dialed has been heard. */
  | { readonly _tag: "Heard"; readonly at: Instant; readonly id: number }
  /** The connection is open, and something is done with it before it is lent. */
  | { readonly _tag: "Preparing"; readonly at: Instant; readonly id: number }
  | {
      readonly _tag: "Connected"
      readonly at: Instant
      readonly id: number
      readonly retireAt: Instant
    }
  | {
      readonly _tag: "ConnectFailed"
      readonly at: Instant
      readonly id: number
      readonly error: ConnectError
      readonly random: number
    }
  | { readonly _tag: "Proven"; readonly at: Instant; readonly id: number; readonly proof: Proof }
  | { readonly _tag: "Refuted"; readonly at: Instant; readonly id: number; readonly loss: Loss }
  | { readonly _tag: "Lost"; readonly at: Instant; readonly id: number; readonly loss: Loss }

/** How a connection is proven: by a turn of the event loop and its flags, or by a round trip. */
export type Proof = "turn" | "roundTrip"

/** What the machine asks of the shell. */
export type Command =
  | { readonly _tag: "Lend"; readonly id: number; readonly waiter: Waiter }
  | { readonly _tag: "Refuse"; readonly ticket: number; readonly error: AcquireError }
  /** `within`: milliseconds that it may take. */
  | { readonly _tag: "Connect"; readonly id: number; readonly within: number }
  /** Give up a dial. */
  | { readonly _tag: "Abort"; readonly id: number }
  | { readonly _tag: "Prove"; readonly id: number; readonly proof: Proof }
  | { readonly _tag: "Close"; readonly id: number }
  | { readonly _tag: "Report"; readonly event: PoolEvent }

/** The commands of one step, in order; filled while the step computes. */
export type Commands = Array<Command>

/** Asks the shell to tell what happened. */
export const report = (out: Commands, event: PoolEvent): void => {
  out.push({ _tag: "Report", event })
}
