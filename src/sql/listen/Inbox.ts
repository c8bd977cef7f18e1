import { Chunk, DateTime, Effect } from "effect"
import type { PgError } from "../failure/PgError.ts"
import { Gap, type ListenEvent, type Notification } from "./ListenEvent.ts"

/**
 * How much may wait for a reader that is slower than its channel. Upstream keeps everything; this is
 * 2,000 payloads of the largest size (8,000 bytes), or 160,000 that are all but empty.
 */
const capacity = 16 * 1024 * 1024

/** An estimate of its memory: the object, and two bytes for each character. */
const sizeOf = ({ payload }: Notification): number => 100 + 2 * payload.length

interface Dropped {
  readonly since: number
  until: number
  count: number
}

const gapOf = (channel: string, { count, since, until }: Dropped): Gap =>
  new Gap({
    channel,
    since: DateTime.unsafeMake(since),
    until: DateTime.unsafeMake(until),
    reason: `the reader fell behind by more than ${capacity / 1024 / 1024} MiB; dropped ${count}`
  })

/** What has arrived for one reader and was not read yet. Bounded: what it drops, it reports. */
export class Inbox {
  readonly channel: string
  /** The reader has been told that the channel is being listened to. */
  isListening = false
  private events: Array<ListenEvent> = []
  private size = 0
  private dropped: Dropped | undefined
  private failure: PgError | undefined
  private wake: (() => void) | undefined

  constructor(channel: string) {
    this.channel = channel
  }

  /** Keeps a notification that arrived at an instant; drops it if there is no room. */
  deliver(notification: Notification, at: number): void {
    const size = sizeOf(notification)
    // Once one is dropped all are, until the reader comes: one gap, instead of a thousand holes.
    if (this.dropped !== undefined || this.size + size > capacity) {
      this.dropped ??= { since: at, until: at, count: 0 }
      this.dropped.until = at
      this.dropped.count += 1
    } else {
      this.size += size
      this.tell(notification)
    }
  }

  /** Keeps an event whatever there is before it. */
  tell(event: ListenEvent): void {
    this.events.push(event)
    this.wake?.()
  }

  /** Nothing will arrive any more. */
  fail(error: PgError): void {
    this.failure = error
    this.wake?.()
  }

  /** Everything that is there, as soon as there is something; then the failure, if there is one. */
  readonly take: Effect.Effect<Chunk.Chunk<ListenEvent>, PgError> = Effect.suspend(() => {
    if (this.events.length > 0) return this.drain()
    if (this.failure !== undefined) return Effect.fail(this.failure)
    return Effect.zipRight(this.arrival, this.take)
  })

  private get arrival(): Effect.Effect<void> {
    return Effect.async((resume) => {
      this.wake = () => {
        this.wake = undefined
        resume(Effect.void)
      }
      return Effect.sync(() => {
        this.wake = undefined
      })
    })
  }

  private drain(): Effect.Effect<Chunk.Chunk<ListenEvent>> {
    const { dropped, events } = this
    this.events = []
    this.size = 0
    this.dropped = undefined
    if (dropped === undefined) return Effect.succeed(Chunk.unsafeFromArray(events))
    const gap = gapOf(this.channel, dropped)
    return Effect.as(
      Effect.logWarning(`Notifications on "${this.channel}" were missed: ${gap.reason}`),
      Chunk.unsafeFromArray([...events, gap])
    )
  }
}
