import type { PgError } from "../failure/PgError.ts"
import { Inbox } from "./Inbox.ts"
import type { ListenEvent, Notification } from "./ListenEvent.ts"

/** Who listens to which channel. */
export class Audience {
  private readonly inboxes = new Map<string, Set<Inbox>>()

  get isEmpty(): boolean {
    return this.inboxes.size === 0
  }

  get channels(): ReadonlySet<string> {
    return new Set(this.inboxes.keys())
  }

  join(channel: string): Inbox {
    const inbox = new Inbox(channel)
    this.inboxes.set(channel, (this.inboxes.get(channel) ?? new Set()).add(inbox))
    return inbox
  }

  /** False if it had left before, or was told of a failure. */
  leave(inbox: Inbox): boolean {
    const readers = this.inboxes.get(inbox.channel)
    const wasHere = readers?.delete(inbox) === true
    if (readers?.size === 0) this.inboxes.delete(inbox.channel)
    return wasHere
  }

  deliver(notification: Notification, at: number): void {
    for (const inbox of this.inboxes.get(notification.channel) ?? []) {
      inbox.deliver(notification, at)
    }
  }

  /**
   * The channels are being listened to: tells who waited for that, and who was listening before of
   * what came between. Returns the channels of the latter.
   */
  resume(
    channels: ReadonlySet<string>,
    started: (channel: string) => ListenEvent,
    missed: ((channel: string) => ListenEvent) | undefined
  ): ReadonlySet<string> {
    const interrupted = new Set<string>()
    for (const inbox of this.on(channels)) {
      if (!inbox.isListening) {
        inbox.isListening = true
        inbox.tell(started(inbox.channel))
      } else if (missed !== undefined) {
        interrupted.add(inbox.channel)
        inbox.tell(missed(inbox.channel))
      }
    }
    return interrupted
  }

  /** Everybody on these channels learns of a failure, and is here no longer. */
  fail(channels: ReadonlySet<string>, error: PgError): void {
    for (const inbox of this.on(channels)) inbox.fail(error)
    for (const channel of channels) this.inboxes.delete(channel)
  }

  private on(channels: ReadonlySet<string>): ReadonlyArray<Inbox> {
    return [...channels].flatMap((channel) => [...(this.inboxes.get(channel) ?? [])])
  }
}
