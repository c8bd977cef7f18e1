import { Duration, Effect } from "effect"
import type { Phase } from "../../src/sql/failure/PgError.ts"
import type { Swallowed } from "../../src/sql/failure/Swallowed.ts"
import type { Backend } from "../../src/sql/session/Backend.ts"
import type { Look, Sight } from "../../src/sql/silence/SideLook.ts"
import type { Watchable } from "../../src/sql/silence/Vigil.ts"
import type { VirtualClock } from "../support/VirtualClock.ts"

/** What becomes of one statement; times in milliseconds. */
export interface Statement {
  /** On the way to the server. */
  readonly up: number
  readonly work: number
  /** On the way back. */
  readonly down: number
  /** What the network takes, if it takes something. */
  readonly swallowed?: "statement" | "answer"
  readonly phase?: Phase
  readonly sentBytes?: number
}

const never = Number.POSITIVE_INFINITY

const home = {
  incarnation: { startedAt: "1000", statisticsSince: "900" },
  primaryOf: "42"
}

/** A session, its backend, and the network between, as only the simulation knows them. */
export class SimulatedSession implements Watchable {
  /** Why it was given up, and when. */
  given: { readonly cause: Swallowed; readonly at: number } | undefined
  /** The backend has ended. */
  isGone = false
  readonly backend: Backend | undefined
  readonly pid: string
  private readonly clock: VirtualClock
  private statement: Statement | undefined
  private sentAt = never
  private sendings = 0
  private whenSent: () => void = () => undefined

  constructor(clock: VirtualClock, pid: string, isKnown = true) {
    this.clock = clock
    this.pid = pid
    this.backend = isKnown ? { pid, of: "session", since: "1", ...home } : undefined
  }

  send(statement: Statement): void {
    this.statement = statement
    this.sentAt = this.clock.unsafeCurrentTimeMillis()
    this.sendings += 1
    this.whenSent()
  }

  private get arrivesAt(): number {
    const { swallowed, up = 0 } = this.statement ?? {}
    return swallowed === "statement" ? never : this.sentAt + up
  }

  private get doneAt(): number {
    return this.arrivesAt + (this.statement?.work ?? 0)
  }

  private get isAnswered(): boolean {
    const { down = 0, swallowed } = this.statement ?? {}
    return swallowed === undefined && this.clock.unsafeCurrentTimeMillis() >= this.doneAt + down
  }

  readonly isOpen = () => this.given === undefined
  readonly catchUp = Effect.void
  readonly onSent = (callback: () => void) => {
    this.whenSent = callback
  }

  get beat(): number {
    return 2 * this.sendings + (this.isAnswered ? 1 : 0)
  }

  get owed(): Watchable["owed"] {
    const { phase = "statement", sentBytes = 100 } = this.statement ?? {}
    return this.statement === undefined || this.isAnswered
      ? undefined
      : { phase, backend: this.backend, sentBytes }
  }

  swallow(cause: Swallowed): void {
    this.given = { cause, at: this.clock.unsafeCurrentTimeMillis() }
  }

  /** What the server would say of its backend now. */
  get sight(): ReadonlyArray<Sight> {
    if (this.isGone) return []
    const now = this.clock.unsafeCurrentTimeMillis()
    const { doneAt, arrivesAt, pid } = this
    const isActive = now >= arrivesAt && now < doneAt
    const changedAt = Math.max(...[0, arrivesAt, doneAt].filter((at) => at <= now))
    return [
      {
        pid,
        sessionSince: "1",
        transactionSince: null,
        state: isActive ? "active" : "idle",
        waitEvent: isActive ? null : "ClientRead",
        changedAt: String(changedAt),
        unchangedFor: Duration.millis(now - changedAt)
      }
    ]
  }
}

/** A look at the sessions that are asked for, which takes as long to come back as to go. */
export const lookAtAll = (
  sessions: ReadonlyArray<SimulatedSession>,
  pids: ReadonlyArray<string>,
  trip: number
): Effect.Effect<Look> =>
  Effect.sleep(trip / 2).pipe(
    Effect.map(
      (): Look => ({
        home,
        sights: sessions.filter(({ pid }) => pids.includes(pid)).flatMap(({ sight }) => sight)
      })
    ),
    Effect.tap(() => Effect.sleep(trip / 2))
  )
