import { Data, type DateTime } from "effect"

/** The channel is being listened to: whatever is committed to it from now on arrives. */
export class Listening extends Data.TaggedClass("Listening")<{ readonly channel: string }> {}

/** One NOTIFY. `payload` is "" where none was given. */
export class Notification extends Data.TaggedClass("Notification")<{
  readonly channel: string
  readonly payload: string
  /** Of the server's session that sent it; behind a pooler not the one the sender was told. */
  readonly processId: number
}> {}

/**
 * Notifications may have been missed, and no others: between the instants `since` and `until`, by
 * this process's clock. From `until` on the channel is being listened to again.
 *
 * `since` is the last sign of life of the session that was lost, which can be long before the loss
 * was noticed: a network that swallows everything tells nobody.
 */
export class Gap extends Data.TaggedClass("Gap")<{
  readonly channel: string
  readonly since: DateTime.Utc
  readonly until: DateTime.Utc
  /** One clause without secrets: what ended the session, or how far the reader fell behind. */
  readonly reason: string
}> {}

/** What can happen to someone who listens. */
export type ListenEvent = Gap | Listening | Notification
