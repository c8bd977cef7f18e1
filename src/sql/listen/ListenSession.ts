import { Clock, Deferred, type Duration, Effect, type Scope } from "effect"
import * as pg from "pg"
import type { Connection, Loss } from "../../pool/Connection.ts"
import { type AuxiliaryDial, auxiliarySession } from "../auxiliarySession.ts"
import { fromCause, type PgError } from "../failure/PgError.ts"
import type { Query } from "../session/Query.ts"
import { statementTimeout } from "../session/statementTimeout.ts"
import { outside, type Place } from "../session/Wire.ts"

type Hear = (message: pg.Notification) => void

/** What listening needs of a `PgConnection`. */
export interface ListenConnection extends Connection {
  /** False only if the server itself is at the other end. */
  readonly isProxied: boolean
  readonly client: {
    on(event: "notification", hear: Hear): unknown
    off(event: "notification", hear: Hear): unknown
  }
  query(query: Query, place: Place): Effect.Effect<unknown, PgError>
}

/** How sessions to listen on are opened; a statement on one may take as long as that. */
export type ListenDial = AuxiliaryDial<ListenConnection>

const lostBy = ({ message }: Loss): PgError =>
  fromCause(new Error(`Connection terminated: ${message}`), { ...outside, sent: true })

/** One session outside the pool, the channels it listens to, and when it was last known alive. */
export class ListenSession {
  readonly isProxied: boolean
  readonly channels: ReadonlySet<string>
  /** The last instant at which the server was heard of. */
  aliveAt: number
  private readonly listened = new Set<string>()
  private readonly connection: ListenConnection
  private readonly timeout: Duration.Duration
  private readonly clock: Clock.Clock

  private constructor(
    connection: ListenConnection,
    timeout: Duration.Duration,
    clock: Clock.Clock
  ) {
    this.connection = connection
    this.timeout = timeout
    this.clock = clock
    this.isProxied = connection.isProxied
    this.channels = this.listened
    this.aliveAt = clock.unsafeCurrentTimeMillis()
  }

  /** Opens a session until the scope closes. `lost` fails when it is lost before that. */
  static readonly open = (
    options: ListenDial
  ): Effect.Effect<
    { readonly session: ListenSession; readonly lost: Effect.Effect<never, PgError> },
    PgError,
    Scope.Scope
  > =>
    Effect.gen(function* () {
      const loss = yield* Deferred.make<never, PgError>()
      const connection = yield* auxiliarySession(options, (cause) =>
        Deferred.unsafeDone(loss, Effect.fail(lostBy(cause)))
      )
      const clock = yield* Clock.clockWith(Effect.succeed)
      const session = new ListenSession(connection, options.connectTimeout, clock)
      return { session, lost: Deferred.await(loss) }
    })

  /** Hears every notification until the scope closes. */
  hear(listener: Hear): Effect.Effect<void, never, Scope.Scope> {
    const { client } = this.connection
    const heard: Hear = (message) => {
      this.isAlive()
      listener(message)
    }
    return Effect.acquireRelease(
      Effect.sync(() => void client.on("notification", heard)),
      () => Effect.sync(() => client.off("notification", heard))
    )
  }

  /** Listens to exactly these channels, with one round trip, or none if nothing is to change. */
  listenTo(wanted: ReadonlySet<string>): Effect.Effect<void, PgError> {
    return Effect.suspend(() => {
      const unwanted = [...this.listened].filter((channel) => !wanted.has(channel))
      const missing = [...wanted].filter((channel) => !this.listened.has(channel))
      const statements = [
        ...unwanted.map((channel) => `UNLISTEN ${pg.escapeIdentifier(channel)}`),
        ...missing.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`)
      ]
      for (const channel of unwanted) this.listened.delete(channel)
      return statements.length === 0
        ? Effect.void
        : Effect.map(this.run(statements.join("; ")), () => {
            for (const channel of missing) this.listened.add(channel)
          })
    })
  }

  /** Asks the server for a sign of life: behind its answer is everything that it had sent before. */
  readonly prove: Effect.Effect<void, PgError> = Effect.suspend(() => this.run("SELECT 1"))

  private run(text: string): Effect.Effect<void, PgError> {
    return Effect.map(
      statementTimeout(this.connection.query({ text }, outside), this.timeout),
      () => this.isAlive()
    )
  }

  private isAlive(): void {
    this.aliveAt = this.clock.unsafeCurrentTimeMillis()
  }
}
