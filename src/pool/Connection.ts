import type { Effect } from "effect"
import type { ConnectError } from "./PoolError.ts"

/**
 * Why a connection can no longer be trusted, in the words of whoever owns the port.
 */
export interface Loss {
  /** One clause without secrets: it completes "Connection is invalid (...)". */
  readonly message: string
  /**
   * True when the failure proves that the server restarted, so that no connection opened before
   * it can be alive. One ended backend is no such proof: an administrator may end a single one.
   */
  readonly provesRestart: boolean
  /**
   * True when what ended it may have ended others that have not shown it yet, as a network that
   * swallows everything does: idle siblings are then proven at once. It condemns none of them.
   * Default false.
   */
  readonly implicatesSiblings?: boolean
}

/** The loss of a connection whose flags say so, where nobody has said why. */
export const socketClosed: Loss = { message: "its socket is closed", provesRestart: false }

/**
 * One physical session with a server, as far as the pool needs to know it.
 */
export interface Connection {
  /** False once the session is known to be unusable. Reads flags only: it sends nothing. */
  readonly isUsable: () => boolean
  /** Lets what has already arrived be read, so that the flags know of it. It sends nothing. */
  readonly catchUp: Effect.Effect<void>
  /** Proves the session alive with one round trip. The pool sets the deadline. */
  readonly validate: Effect.Effect<void, Loss>
  /** Ends the session and frees its socket. Never fails; the pool sets the deadline. */
  readonly close: Effect.Effect<void>
}

/**
 * The port through which the pool opens connections, and the only way it learns of their loss.
 */
export interface Connector<C extends Connection> {
  /**
   * Opens one session that is ready for use. Interrupting it frees whatever it had opened.
   *
   * `onLoss` is called at most once, at the moment the session is found dead, whether it is idle
   * or active then. `onSign` may be called when the server is heard for the first time: from then on
   * a dial that takes long is a server at work, and no other one is begun in its place for as long as a
   * dial usually may take, unless one that began later succeeds meanwhile.
   */
  readonly connect: (
    onLoss: (loss: Loss) => void,
    onSign?: () => void
  ) => Effect.Effect<C, ConnectError>
  /**
   * Does what must be done with a session of the pool before it is lent, and may take much longer than
   * to open one, as making tables does: the pool's limit for a dial is over by then, and the connector
   * sets its own. Where it fails, or is interrupted, it ends the session. Default: nothing is done.
   */
  readonly prepare?: (connection: C) => Effect.Effect<void, ConnectError>
}
