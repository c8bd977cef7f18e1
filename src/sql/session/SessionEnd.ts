import { Effect } from "effect"
import type * as pg from "pg"
import type { Loss } from "../../pool/Connection.ts"
import { classify, describe } from "../failure/classify.ts"
import { fromCause, type PgError, type Progress } from "../failure/PgError.ts"
import type { Swallowed } from "../failure/Swallowed.ts"

/** Gives a borrowed session back to its owner, perhaps to be ended. */
export type Release = (isToEnd: boolean) => void

/** Drops the socket. */
export const destroy = (client: pg.Client) => client.connection.stream.destroy()

/**
 * The end of one session, whoever brings it about: the server, the network, the pool, or somebody here who
 * does not know any more what state it is in. The first reason stays.
 */
export class SessionEnd {
  /** Why it has ended, as far as is known. */
  loss: Loss | undefined
  /** It was dropped from here, not ended by the server or the network. */
  isAbandoned = false
  /** Why it was given up, which says more than what the driver makes of it. */
  private swallowed: Swallowed | undefined
  private release: Release | undefined
  private readonly client: pg.Client
  private readonly onLoss: (loss: Loss) => void

  constructor(client: pg.Client, onLoss: (loss: Loss) => void, release: Release | undefined) {
    this.client = client
    this.onLoss = onLoss
    this.release = release
    // The driver emits these for as long as the socket lives, more than once; without a listener
    // the first would end the process.
    client.on("error", this.onError)
    client.on("end", this.onEnd)
    client.on("notice", this.onNotice)
  }

  /**
   * Learns of the end of the stream when it arrives. The driver tells of it only once the socket is
   * closed, a turn of the event loop later, when the connection may have been lent.
   */
  watch(): void {
    this.client.connection.stream.on("end", this.onEnd)
  }

  private readonly onError = (cause: unknown): void => this.lose(cause)

  private readonly onEnd = (): void => this.lose(new Error("Connection terminated by the server"))

  /** A server that crashes says so with a warning to each session before it ends them. */
  private readonly onNotice = (notice: unknown): void => {
    if (classify(notice).provesRestart) this.lose(notice)
  }

  /** It is somebody else's, and goes back there. */
  get isBorrowed(): boolean {
    return this.release !== undefined
  }

  /** Ends it by the pool's wish. One that is not clean is not given back to be used again. */
  close(isClean: boolean): Effect.Effect<void> {
    const wasOpen = this.loss === undefined
    this.loss ??= { message: "closed by the pool", provesRestart: false }
    if (this.release !== undefined) return Effect.sync(() => this.giveBack(isClean))
    return wasOpen ? this.sayGoodbye : Effect.sync(() => destroy(this.client))
  }

  private readonly sayGoodbye: Effect.Effect<void> = Effect.async((resume) => {
    this.client.end(() => resume(Effect.void))
    return Effect.sync(() => destroy(this.client))
  })

  /** To the pool it was borrowed from, which listens to it from now on. */
  private giveBack(isClean: boolean): void {
    const { client, release } = this
    this.release = undefined
    client.off("error", this.onError)
    client.off("end", this.onEnd)
    client.off("notice", this.onNotice)
    client.connection.stream.off("end", this.onEnd)
    release?.(!isClean)
  }

  /** The error for a failure of a statement, which may be the end of the session too. */
  fail(cause: unknown, progress: Progress): PgError {
    const error = fromCause(this.swallowed ?? cause, progress)
    if (error.endsSession) this.lose(cause)
    return error
  }

  /** Drops a session that is in a state which nobody knows. */
  abandon(message: string): void {
    // Decided here, so it is no loss that anybody needs to be told of.
    this.isAbandoned ||= this.loss === undefined
    this.loss ??= { message, provesRestart: false }
    destroy(this.client)
    if (this.release !== undefined) this.giveBack(false)
  }

  /** The network has swallowed what is under way: whoever waits for it learns so now. */
  swallow(cause: Swallowed): void {
    this.swallowed = cause
    destroy(this.client)
    this.lose(cause)
  }

  /** What a statement that failed says of the session, if the session has said nothing. */
  lossBy({ cause }: PgError): Loss {
    return this.loss ?? { message: describe(cause), provesRestart: false }
  }

  private lose(cause: unknown): void {
    if (this.loss !== undefined) return
    this.loss = {
      message: describe(cause),
      provesRestart: classify(cause).provesRestart,
      implicatesSiblings: cause === this.swallowed
    }
    if (this.release !== undefined) this.giveBack(false)
    this.onLoss(this.loss)
  }
}
