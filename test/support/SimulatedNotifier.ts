import { EventEmitter } from "node:events"
import { Clock, Effect, FiberRef, Option } from "effect"
import type * as pg from "pg"
import type { Connector, Loss } from "../../src/pool/Connection.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { fromAcquire, fromCause, type PgError } from "../../src/sql/failure/PgError.ts"
import type { ListenConnection } from "../../src/sql/listen/ListenSession.ts"
import { current } from "../../src/sql/session/statementTimeout.ts"

const refused = new ConnectError({
  message: "ECONNREFUSED: nobody listens",
  isFatal: false,
  provesRestart: false
})

const progress = { phase: "statement", inTransaction: false, sent: true } as const

/** Statements that nobody answers end at the limit of their fiber, as on a real session. */
const unanswered = Effect.flatMap(FiberRef.get(current), (limit) =>
  Effect.zipRight(
    Option.isNone(limit) ? Effect.never : Effect.sleep(limit.value),
    Effect.fail(fromCause({ code: "ESTATEMENTTIMEOUT", message: "no answer" }, progress))
  )
)

interface Session {
  readonly channels: Set<string>
  readonly client: EventEmitter
  readonly onLoss: (loss: Loss) => void
  readonly heldBack: Array<() => void>
  /** The network swallows what it sends and what is sent to it. */
  isSwallowed: boolean
}

/** A server without sockets that is listened to and notified, and what may stand before it. */
export class SimulatedNotifier {
  /** Whether sessions are seen to be proxied. */
  isProxied = false
  /** LISTEN is accepted and delivers nothing, as behind a pooler in transaction mode. */
  isDeaf = false
  /** What is notified arrives only when something else is asked of the session. */
  isHoldingBack = false
  /** What dials meet; absent, they succeed. */
  refusal: ConnectError | undefined
  /** What LISTEN meets; absent, it succeeds. */
  listenFailure: { readonly code: string } | undefined
  /** The pool has no session to send a canary by. */
  isPoolEmpty = false
  /** When dials were made. */
  readonly dials: Array<number> = []
  readonly statements: Array<string> = []
  readonly sessions = new Set<Session>()

  readonly connector: Connector<ListenConnection> = {
    connect: (onLoss) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        this.dials.push(at)
        return this.refusal === undefined
          ? Effect.sync(() => this.accept(onLoss))
          : Effect.fail(this.refusal)
      })
  }

  readonly notify = (channel: string): Effect.Effect<void, PgError> =>
    Effect.suspend(() => {
      if (this.isPoolEmpty) return Effect.fail(fromAcquire(refused))
      this.send(channel, "")
      return Effect.void
    })

  /** Delivers a notification to every session that listens to its channel. */
  send(channel: string, payload: string): void {
    if (this.isDeaf) return
    for (const { channels, client, heldBack, isSwallowed } of this.sessions) {
      if (isSwallowed || !channels.has(channel)) continue
      const deliver = () => client.emit("notification", { channel, payload, processId: 1 })
      if (this.isHoldingBack) heldBack.push(deliver)
      else deliver()
    }
  }

  /** Swallows what passes over the sessions that are open now, and tells neither side. */
  swallowAll(): void {
    for (const session of this.sessions) session.isSwallowed = true
  }

  /** Ends every session, as an administrator does. */
  endAll(): void {
    for (const session of this.sessions) {
      this.sessions.delete(session)
      session.onLoss({ message: "57P01: terminating connection", provesRestart: false })
    }
  }

  /** Refuses dials, and ends every session. */
  goAway(): void {
    this.refusal = refused
    this.endAll()
  }

  private accept(onLoss: (loss: Loss) => void): ListenConnection {
    const client = new EventEmitter<{ notification: [pg.Notification] }>()
    const session: Session = {
      channels: new Set(),
      client,
      onLoss,
      heldBack: [],
      isSwallowed: false
    }
    this.sessions.add(session)
    return {
      isProxied: this.isProxied,
      client,
      isUsable: () => this.sessions.has(session),
      catchUp: Effect.void,
      validate: Effect.void,
      close: Effect.sync(() => {
        this.sessions.delete(session)
      }),
      query: ({ text }) => this.answer(session, text)
    }
  }

  private answer(
    { channels, heldBack, isSwallowed }: Session,
    text: string
  ): Effect.Effect<void, PgError> {
    return Effect.suspend(() => {
      this.statements.push(text)
      if (isSwallowed) return unanswered
      for (const deliver of heldBack.splice(0)) deliver()
      if (this.listenFailure !== undefined && text.includes("LISTEN")) {
        const error = Object.assign(new Error("no"), { severity: "ERROR", ...this.listenFailure })
        return Effect.fail(fromCause(error, progress))
      }
      for (const [, un, channel = ""] of text.matchAll(/(UN)?LISTEN "([^"]+)"/g)) {
        if (un === undefined) channels.add(channel)
        else channels.delete(channel)
      }
      return Effect.void
    })
  }
}
