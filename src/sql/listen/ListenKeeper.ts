import { Clock, DateTime, Duration, Effect, Either, Option, Random } from "effect"
import { type Backoff, delayAfter } from "../../pool/Backoff.ts"
import { type Instant, instant } from "../../runtime/Instant.ts"
import { describe } from "../failure/classify.ts"
import { fromCause, type PgError } from "../failure/PgError.ts"
import { outside } from "../session/Wire.ts"
import type { Audience } from "./Audience.ts"
import { type Address, type Notify, proveListening } from "./ListenCanary.ts"
import { Gap, Listening, Notification } from "./ListenEvent.ts"
import { type ListenDial, ListenSession } from "./ListenSession.ts"

/** How a session to listen on is had, proven, watched and replaced. */
export interface ListenOptions extends ListenDial {
  /** Between the tries to replace a lost session; the first comes at once. */
  readonly backoff: Backoff
  /** Sends the canary, from another session. */
  readonly notify: Notify
  readonly address: Address
  /** How often an idle session is asked for a sign of life. None: never. */
  readonly heartbeat: Option.Option<Duration.Duration>
}

/** Who is to be served, and how to tell that they can't be. */
export interface Clientele {
  readonly audience: Audience
  /** Open while the audience may have changed. */
  readonly changed: Effect.Latch
  /** Fails these channels' readers for good. False if nobody is left, and the keeper is to end. */
  readonly refuse: (channels: ReadonlySet<string>, error: PgError) => boolean
}

/** A time without a session, which began when some were listening. */
interface Outage {
  /** The last sign of life before it, in milliseconds since the epoch. */
  readonly since: number
  readonly noticedAt: Instant
  readonly reason: string
}

/** Since when a session has listened; infinity: not yet. */
interface Held {
  since: Instant
}

/** A canary that could not be sent is sent again after that long. */
const canaryInterval = Duration.seconds(5)

const without = (channels: ReadonlySet<string>, others: ReadonlySet<string>) =>
  new Set([...channels].filter((channel) => !others.has(channel)))

const quoted = (channels: Iterable<string>): string =>
  [...channels].map((channel) => `"${channel}"`).join(", ")

const gap = ({ reason, since }: Outage, until: number) => {
  const instants = { since: DateTime.unsafeMake(since), until: DateTime.unsafeMake(until) }
  return (channel: string) => new Gap({ channel, ...instants, reason })
}

const gapLine = (channels: Iterable<string>, outage: Outage, until: Instant): string =>
  `Notifications on ${quoted(channels)} may have been missed: not listening for ${Duration.format(
    Duration.millis(until - outage.noticedAt)
  )} (${outage.reason}), and last heard of the server at ${new Date(outage.since).toISOString()}`

/** Keeps one session listening to what its audience wants, and replaces it when it is lost. */
export class ListenKeeper {
  private readonly options: ListenOptions
  private readonly clientele: Clientele
  /** In a row. */
  private failures = 0
  private outage: Outage | undefined
  private hasListened = false

  constructor(options: ListenOptions, clientele: Clientele) {
    this.options = options
    this.clientele = clientele
  }

  /** Goes on until it is interrupted or nobody is left to serve. */
  readonly run: Effect.Effect<void> = Effect.gen(this, function* () {
    while (true) {
      const end = yield* Effect.either(this.serve)
      if (Either.isRight(end)) return
      if (this.isHopeless(end.left)) return this.giveUp(end.left)
      yield* this.pause(end.left)
    }
  }).pipe(
    // Nobody would ever hear of it otherwise.
    Effect.catchAllDefect((defect) =>
      Effect.sync(() => this.giveUp(fromCause(defect, { ...outside, sent: true })))
    )
  )

  /** One session, from its opening to its loss. Succeeds only when nobody is left. */
  private readonly serve: Effect.Effect<void, PgError> = Effect.scoped(
    Effect.gen(this, function* () {
      const { lost, session } = yield* ListenSession.open(this.options)
      yield* session.hear(({ channel, payload = "", processId }) =>
        this.clientele.audience.deliver(
          new Notification({ channel, payload, processId }),
          session.aliveAt
        )
      )
      const held: Held = { since: Number.POSITIVE_INFINITY }
      yield* Effect.tapError(Effect.raceFirst(this.attend(session, held), lost), (error) =>
        Effect.map(instant, (at) => this.note(session, held, at, error))
      )
    })
  )

  private attend(session: ListenSession, held: Held): Effect.Effect<void, PgError> {
    return Effect.gen(this, function* () {
      let isProven = !session.isProxied
      while (true) {
        yield* this.clientele.changed.close
        isProven ||= yield* proveListening(session, this.options.notify, this.options.address)
        if (!(yield* this.listen(session))) return
        held.since = Math.min(held.since, yield* instant)
        yield* this.announce(session)
        yield* this.rest(session, isProven)
      }
    })
  }

  /** False if nobody is left because the server refuses what they want. */
  private listen(session: ListenSession): Effect.Effect<boolean, PgError> {
    return Effect.suspend(() => {
      const { audience, refuse } = this.clientele
      const wanted = audience.channels
      return session.listenTo(wanted).pipe(
        Effect.as(true),
        Effect.catchIf(
          ({ endsSession, isRetryable }) => !endsSession && !isRetryable,
          (error) => Effect.sync(() => refuse(without(wanted, session.channels), error))
        )
      )
    })
  }

  /** Tells who has begun to be served, and who is served again after an outage. */
  private announce({ channels }: ListenSession): Effect.Effect<void> {
    const moment = Effect.zip(Clock.currentTimeMillis, instant)
    return Effect.flatMap(moment, ([until, at]) => {
      const { outage } = this
      this.outage = undefined
      this.hasListened = true
      const interrupted = this.clientele.audience.resume(
        channels,
        (channel) => new Listening({ channel }),
        outage && gap(outage, until)
      )
      return outage === undefined || interrupted.size === 0
        ? Effect.void
        : Effect.logWarning(gapLine(interrupted, outage, at))
    })
  }

  /** Until there is something to do. */
  private rest(session: ListenSession, isProven: boolean): Effect.Effect<void, PgError> {
    const change = this.clientele.changed.await
    if (!isProven) return Effect.asVoid(Effect.timeoutOption(change, canaryInterval))
    return Option.match(this.options.heartbeat, {
      onNone: () => change,
      onSome: (interval) =>
        Effect.flatMap(
          Effect.timeoutOption(change, interval),
          Option.match({ onNone: () => session.prove, onSome: () => Effect.void })
        )
    })
  }

  private note(session: ListenSession, held: Held, at: Instant, error: PgError): void {
    if (held.since === Number.POSITIVE_INFINITY) return
    this.outage = { since: session.aliveAt, noticedAt: at, reason: describe(error.cause) }
    // One that is lost right after it was opened is a failure too, or it would be dialed in a loop.
    if (at - held.since >= Duration.toMillis(this.options.backoff.cap)) this.failures = 0
  }

  private giveUp(error: PgError): void {
    const { audience, refuse } = this.clientele
    refuse(audience.channels, error)
  }

  /** A standby may be what a failover has left for a moment, but not where it was from the start. */
  private isHopeless({ endsSession, isRetryable, reason }: PgError): boolean {
    return (!isRetryable && !endsSession) || (reason._tag === "ReadOnlyError" && !this.hasListened)
  }

  private pause(error: PgError): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      this.failures += 1
      if (this.failures === 1) return
      if (this.failures === 2) {
        const channels = quoted(this.clientele.audience.channels)
        const detail = describe(error.cause)
        yield* Effect.logWarning(`Not listening on ${channels} (${detail}), trying again...`)
      }
      const { backoff } = this.options
      yield* Effect.sleep(delayAfter(backoff, this.failures - 1, yield* Random.next))
    })
  }
}
