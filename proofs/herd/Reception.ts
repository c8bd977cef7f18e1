import type { Instant } from "./Agenda.ts"
import type { SimulatedTime } from "./SimulatedTime.ts"

/** How fast a server opens sessions. */
export interface Hospitality {
  /** Sessions per second that it can open when it is warm. */
  readonly warm: number
  /** The same when it has just come back; from there it rises evenly. */
  readonly cold: number
  /** How long that takes, in milliseconds. */
  readonly warmUp: number
  /** With so many under way, half of what it does is lost on switching between them. */
  readonly crowd: number
}

interface Guest {
  /** Of {@link Reception.given}, when it will have got all that it needs. */
  readonly satisfiedAt: number
  readonly welcome: () => void
  isGone: boolean
}

/** While its speed changes, how often that is looked at: milliseconds. */
const step = 50

/** Sessions that are being opened: all at the same time, sharing what the server can do. */
export class Reception {
  /** What each of those under way has got since the first came, in sessions. */
  private given = 0
  private seenAt: Instant = 0
  private size = 0
  private guests: Array<Guest> = []
  private callOff: (() => void) | undefined
  private readonly time: SimulatedTime
  private readonly openedAt: Instant
  private readonly hospitality: Hospitality

  constructor(time: SimulatedTime, hospitality: Hospitality) {
    this.time = time
    this.openedAt = time.now
    this.hospitality = hospitality
  }

  /** Sessions under way. */
  get underWay(): number {
    return this.size
  }

  /** Begins to open a session. Returns what gives it up. */
  enter(welcome: () => void): () => void {
    this.serve()
    const guest: Guest = { satisfiedAt: this.given + 1, welcome, isGone: false }
    this.guests.push(guest)
    this.size += 1
    this.wait()
    return () => {
      this.serve()
      this.dismiss(guest)
      this.wait()
    }
  }

  /** Nobody is welcome any more: what is under way ends as if it were done. */
  close(): void {
    for (const guest of this.guests) {
      if (this.dismiss(guest)) guest.welcome()
    }
  }

  private dismiss(guest: Guest): boolean {
    if (guest.isGone) return false
    guest.isGone = true
    this.size -= 1
    return true
  }

  /** Sessions per millisecond for each of those under way. */
  private get speed(): number {
    const { cold, crowd, warm, warmUp } = this.hospitality
    const warmth = Math.min(1, (this.time.now - this.openedAt) / warmUp)
    const perSecond = (cold + (warm - cold) * warmth) / (1 + this.size / crowd)
    return perSecond / 1000 / this.size
  }

  /** Gives everybody the share of the time that has passed. */
  private serve(): void {
    if (this.size > 0) this.given += (this.time.now - this.seenAt) * this.speed
    this.seenAt = this.time.now
  }

  /** Calls when the first has got what it needs. All need the same, so it is the one who came first. */
  private wait(): void {
    this.callOff?.()
    while (this.guests[0]?.isGone) this.guests.shift()
    const [first] = this.guests
    if (first === undefined) return
    const rest = Math.max(0, first.satisfiedAt - this.given) / this.speed
    this.callOff = this.time.after(Math.min(step, rest), () => {
      this.serve()
      this.welcomeAll()
      this.wait()
    })
  }

  private welcomeAll(): void {
    // A millionth of a session is the error of the division above.
    const satisfied = this.given + 1e-6
    for (let [first] = this.guests; first !== undefined; [first] = this.guests) {
      if (!first.isGone && first.satisfiedAt > satisfied) return
      this.guests.shift()
      if (this.dismiss(first)) first.welcome()
    }
  }
}
