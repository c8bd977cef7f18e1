import type { SqlError } from "@effect/sql/SqlError"
import * as Upstream from "@effect/sql-pg/PgClient"
import { Duration, Effect, Option, type Scope, Stream } from "effect"
import type { Connector } from "../../pool/Connection.ts"
import type { LendingPool } from "../../pool/Pool.ts"
import { fromPool, PgError } from "../failure/PgError.ts"
import { type PgClientConfig, poolConfig } from "../PgClientConfig.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { outside } from "../session/Wire.ts"
import type { Notify } from "./ListenCanary.ts"
import type { ListenEvent } from "./ListenEvent.ts"
import { SharedListener } from "./SharedListener.ts"

type Listen = Upstream.PgClient["listen"]

/** By the function that every copy of a client carries. */
const listeners = new WeakMap<Listen, SharedListener>()

/** One that is empty is none, as upstream has it. */
const payload = (event: ListenEvent): Option.Option<string> =>
  event._tag === "Notification" && event.payload !== "" ? Option.some(event.payload) : Option.none()

const notifyBy =
  (pool: LendingPool<PgConnection>): Notify =>
  (channel) => {
    const query = { text: "SELECT pg_notify($1, '')", values: [channel], isUnprepared: true }
    return pool
      .use((connection) => connection.query(query, outside))
      .pipe(Effect.mapError(fromPool), Effect.asVoid)
  }

/**
 * A client's `listen`: the payloads of {@link notifications}, without the rest. One session serves
 * all that listen; the pool only lends one for a moment to prove it, where a proxy is in between.
 */
export const make = (
  connector: Connector<PgConnection>,
  pool: LendingPool<PgConnection>,
  config: PgClientConfig
): Effect.Effect<Listen, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { connectTimeout, redialDelay } = poolConfig(config)
    const listener = yield* SharedListener.make({
      connector,
      connectTimeout,
      backoff: redialDelay,
      notify: notifyBy(pool),
      address: { host: config.host ?? "localhost", port: config.port ?? 5432 },
      heartbeat: Option.map(Option.fromNullable(config.listenHeartbeat), Duration.decode)
    })
    const listen: Listen = (channel) => Stream.filterMap(listener.events(channel), payload)
    listeners.set(listen, listener)
    return listen
  })

const foreign = new PgError({
  message:
    "PgClient.notifications needs a client that holdfast made: provide PgClient.layer of holdfast, or use the client's own listen",
  cause: undefined,
  reason: { _tag: "UnknownError" },
  outcome: "NotSent",
  phase: "statement",
  sqlState: undefined,
  isRetryable: false,
  endsSession: false
})

/**
 * What happens on a channel, as data: `Listening` once, when the server has confirmed the LISTEN;
 * then each `Notification` committed after that; and a `Gap` whenever some may have been missed.
 * To miss nothing, read what notifications are about at `Listening` and again at each `Gap`.
 *
 * The stream outlives its session: one that is lost is replaced at once, then after 100 ms, doubled
 * up to 500 ms, and the `Gap` comes when the new one listens. It waits like that for the first
 * session as well; `Listening` tells that waiting is over. It fails, with a `PgError`, only where no
 * further try can help: a wrong password, a server without LISTEN or a standby, a name that is none,
 * the client's scope closed, or `ListenUnsupportedError`: behind a proxy each new session is proven
 * by a notification of its own, since a pooler in transaction mode accepts LISTEN and delivers
 * nothing.
 *
 * All streams of a client share one session outside the pool, opened for the first and closed behind
 * the last. A reader that is slower than its channel has 16 MiB of notifications kept for it; what
 * comes then is dropped until it reads on, and reported as a `Gap`. Each gap is logged once.
 *
 * An idle session is not asked whether it is alive, so that a serverless database can sleep: a
 * network that swallows everything is noticed by TCP keepalive only, after minutes to hours as the
 * operating system is configured.
 */
export const notifications = (
  channel: string
): Stream.Stream<ListenEvent, SqlError, Upstream.PgClient> =>
  Stream.unwrap(
    Effect.map(Upstream.PgClient, ({ listen }) => listeners.get(listen)?.events(channel) ?? foreign)
  )
