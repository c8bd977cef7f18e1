import { Deferred, Effect, FiberId } from "effect"
import type { Connection, Loss } from "../pool/Connection.ts"

/** A session with a `SimulatedServer`, as the pool lends it. */
export interface SimulatedConnection extends Connection {
  /** Counts from 0 in the order of dialing. */
  readonly id: number
  /**
   * Asks the server something and waits for its answer, as a statement does: for the server's
   * `trip`, or for ever in a black hole. Fails if the session is gone by then.
   */
  readonly request: Effect.Effect<void, Loss>
}

/** What a client reads where nobody told it why. */
export const resetByPeer: Loss = { message: "ECONNRESET: reset by peer", provesRestart: false }

/** One session, as the server knows it. */
export class SimulatedSession {
  /** The client does not know yet that it is over: it will when it asks. */
  private isForgotten = false
  private isSwallowed = false
  private loss: Loss | undefined
  private readonly ended = Deferred.unsafeMake<never, Loss>(FiberId.none)
  private readonly onLoss: (loss: Loss) => void

  /** `onLoss` is told once, when the session is ended by the server. */
  constructor(onLoss: (loss: Loss) => void) {
    this.onLoss = onLoss
  }

  /** Whether the client has not been told that it is over. */
  get isUsable(): boolean {
    return this.loss === undefined
  }

  /** Whether the server still keeps it. */
  get isHeld(): boolean {
    return this.isUsable && !this.isForgotten
  }

  /** Ends it, and tells the client why. */
  end(loss: Loss): void {
    if (this.loss !== undefined) return
    this.loss = loss
    Deferred.unsafeDone(this.ended, Effect.fail(loss))
    this.onLoss(loss)
  }

  /** Forgets it without a word. */
  forget(): void {
    this.isForgotten = true
  }

  /** From now on nothing that either side says arrives. */
  swallow(): void {
    this.isSwallowed = true
  }

  /** Ends it if it is in a black hole, as nothing else can. */
  endSwallowed(): void {
    if (this.isSwallowed) this.end(resetByPeer)
  }

  /** What a client hears that has asked something. */
  readonly answer: Effect.Effect<void, Loss> = Effect.suspend(() => {
    if (this.loss !== undefined) return Effect.fail(this.loss)
    if (this.isSwallowed) return Deferred.await(this.ended)
    if (!this.isForgotten) return Effect.void
    this.end(resetByPeer)
    return Effect.fail(resetByPeer)
  })
}
