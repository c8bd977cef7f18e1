import { Duration, Effect } from "effect"
import type { Connection, Connector, Loss } from "../../src/pool/Connection.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"

/** A session with a {@link SimulatedServer}; `id` counts from 0 in the order of connecting. */
export interface SimulatedConnection extends Connection {
  readonly id: number
}

interface Session {
  readonly onLoss: (loss: Loss) => void
  /** The client has been told that the session is gone. */
  lost: boolean
  /** The server has forgotten the session, and the client does not know. */
  forgotten: boolean
}

const refused = new ConnectError({
  message: "ECONNREFUSED: nobody listens",
  isFatal: false,
  provesRestart: false
})

/** A server without sockets, whose sessions end in all the ways that real ones do. */
export class SimulatedServer {
  /** How long a session takes to open. */
  connectTime = Duration.zero
  /** How long a validation takes. */
  trip = Duration.zero
  /** What dials meet; absent, they succeed. */
  refusal: ConnectError | undefined
  dials = 0
  validations = 0
  peak = 0
  private readonly sessions = new Map<number, Session>()

  /** Sessions that either side still holds open. */
  get open(): number {
    return this.sessions.size
  }

  /** Refuses dials, and ends every session as a crash does. */
  goAway(): void {
    this.refusal = refused
    this.endAll({ message: "57P02: the server crashed", provesRestart: true })
  }

  /** Accepts dials again. */
  comeBack(): void {
    this.refusal = undefined
  }

  /** Ends every session, and tells its client why. */
  endAll(loss: Loss): void {
    for (const session of this.sessions.values()) {
      session.lost = true
      session.onLoss(loss)
    }
  }

  /** Drops every session without telling its client, as a router that forgets does. */
  forgetAll(): void {
    for (const session of this.sessions.values()) session.forgotten = true
  }

  readonly connector: Connector<SimulatedConnection> = {
    connect: (onLoss) =>
      Effect.suspend(() => {
        const id = this.dials++
        return Effect.flatMap(Effect.sleep(this.connectTime), () =>
          this.refusal === undefined
            ? Effect.sync(() => this.accept(id, onLoss))
            : Effect.fail(this.refusal)
        )
      })
  }

  private accept(id: number, onLoss: (loss: Loss) => void): SimulatedConnection {
    const session: Session = { onLoss, lost: false, forgotten: false }
    this.sessions.set(id, session)
    this.peak = Math.max(this.peak, this.sessions.size)
    return {
      id,
      isUsable: () => !session.lost,
      catchUp: Effect.void,
      validate: this.validate(session),
      close: Effect.sync(() => {
        this.sessions.delete(id)
      })
    }
  }

  private validate(session: Session): Effect.Effect<void, Loss> {
    return Effect.suspend(() => {
      this.validations += 1
      return Effect.flatMap(Effect.sleep(this.trip), () =>
        session.lost || session.forgotten
          ? Effect.fail({ message: "ECONNRESET: reset by peer", provesRestart: false })
          : Effect.void
      )
    })
  }
}
