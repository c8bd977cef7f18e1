import { Effect } from "effect"
import type { Connection, Connector, Loss } from "../../src/pool/Connection.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { type Hospitality, Reception } from "./Reception.ts"
import type { SimulatedTime } from "./SimulatedTime.ts"

/** What a server can do at most. */
export interface Capacity extends Hospitality {
  /** Sessions open and being opened together, as `max_connections`. */
  readonly sessions: number
  /** Milliseconds until a dial is refused or begins to be served: TCP, TLS and startup message. */
  readonly trip: number
}

/** What dials meet while it is away: an answer, or nothing at all. */
export const absences = ["refusing", "silent"] as const

export type Absence = (typeof absences)[number]

/** A session with the server. */
export interface Session {
  readonly onLoss: (loss: Loss) => void
  isLost: boolean
}

/** What a dial ends with, if nobody gives it up before. */
export interface Dialing {
  readonly opened: (session: Session) => void
  readonly refused: (message: string) => void
  readonly onLoss: (loss: Loss) => void
  /** The server has answered, and is at work on it. */
  readonly onSign?: (() => void) | undefined
}

/** A server without sockets that goes away, and comes back cold. */
export class HerdServer {
  /** Dials that began in each second. */
  readonly dials: Array<number> = []
  /** Dials that were given up while it served them: work for nothing. */
  wasted = 0
  readonly sessions = new Set<Session>()
  /** Absent while it is away. As long as it has never been away, it is as fast as one could wish. */
  private reception: Reception | undefined
  private absence: Absence = "refusing"
  private readonly time: SimulatedTime
  private readonly capacity: Capacity

  constructor(time: SimulatedTime, capacity: Capacity) {
    this.time = time
    this.capacity = capacity
    this.reception = new Reception(time, { warm: 1e6, cold: 1e6, warmUp: 1, crowd: 1e6 })
  }

  /** Answers no dial any more, or refuses them, and ends every session as a crash does. */
  goAway(absence: Absence): void {
    this.absence = absence
    const { reception } = this
    this.reception = undefined
    reception?.close()
    for (const session of this.sessions) {
      session.isLost = true
      session.onLoss({ message: "57P02: the server crashed", provesRestart: true })
    }
    this.sessions.clear()
  }

  /** Accepts dials again. */
  comeBack(): void {
    this.reception = new Reception(this.time, this.capacity)
  }

  /** Begins a dial. Returns what gives it up. */
  dial(dialing: Dialing): () => void {
    const second = Math.floor(this.time.now / 1000)
    this.dials[second] = (this.dials[second] ?? 0) + 1
    let giveUp = this.time.after(this.capacity.trip, () => {
      giveUp = this.admit(dialing) ?? (() => undefined)
    })
    return () => giveUp()
  }

  private admit({ onLoss, onSign, opened, refused }: Dialing): (() => void) | undefined {
    const { reception } = this
    if (reception === undefined) {
      if (this.absence === "refusing") refused("57P03: the database is not there")
    } else if (this.sessions.size + reception.underWay >= this.capacity.sessions) {
      refused("53300: sorry, too many clients already")
    } else {
      const leave = reception.enter(() => {
        if (this.reception !== reception) return refused("57P02: the server crashed")
        const session: Session = { onLoss, isLost: false }
        this.sessions.add(session)
        opened(session)
      })
      onSign?.()
      return () => {
        this.wasted += 1
        leave()
      }
    }
    return undefined
  }

  /** The port of a holdfast pool. */
  readonly connector: Connector<Connection> = {
    connect: (onLoss, onSign) =>
      Effect.async((resume) => {
        const giveUp = this.dial({
          onLoss,
          onSign,
          opened: (session) => resume(Effect.succeed(this.connectionOf(session))),
          refused: (message) =>
            resume(Effect.fail(new ConnectError({ message, isFatal: false, provesRestart: false })))
        })
        return Effect.sync(giveUp)
      })
  }

  private connectionOf(session: Session): Connection {
    return {
      isUsable: () => !session.isLost,
      catchUp: Effect.void,
      validate: Effect.void,
      close: Effect.sync(() => {
        this.sessions.delete(session)
      })
    }
  }
}
