import { Effect, Mailbox } from "effect"

/** Messages that a page may be behind; at one a second it is not read any more by then. */
const FURTHEST_BEHIND = 16

/** An open page: what is told to it, and how it is cut off when it does not listen. */
export interface Listener {
  readonly messages: Mailbox.Mailbox<Uint8Array>
  /** Whether it may still listen: who signs out, or has been there for 12 hours, may not. */
  readonly isAllowed: Effect.Effect<boolean>
  /** Ends the connection, whatever is still on its way. */
  readonly cutOff: () => void
}

/** The mailbox of a listener. */
export const mailbox = Mailbox.make<Uint8Array>({ capacity: FURTHEST_BEHIND, strategy: "dropping" })

/** Who is told what happens: at most so many at the same time. */
export class Audience {
  private readonly most: number
  private readonly listeners = new Set<Listener>()

  constructor(most: number) {
    this.most = most
  }

  get size(): number {
    return this.listeners.size
  }

  get all(): ReadonlyArray<Listener> {
    return [...this.listeners]
  }

  /** False: there are too many. */
  add(listener: Listener): boolean {
    if (this.listeners.size >= this.most) return false
    this.listeners.add(listener)
    return true
  }

  remove(listener: Listener): void {
    this.listeners.delete(listener)
  }

  /** Lets somebody hear the end of what was told so far, and nothing more. */
  dismiss(listener: Listener): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.remove(listener)
      return Effect.asVoid(listener.messages.end)
    })
  }

  /** Tells everybody. Who is too far behind is cut off, rather than remembered for without end. */
  tell(message: Uint8Array): void {
    for (const listener of this.listeners) {
      if (!listener.messages.unsafeOffer(message)) {
        this.remove(listener)
        listener.cutOff()
      }
    }
  }
}
