import { randomUUID } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Context, type Duration, Effect, Layer, type Redacted, Schedule } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { type Address, FaultProxy, type FaultProxyStats } from "../../src/testing/index.ts"
import type { Rest } from "./Rest.ts"

/** The server of pools that rest, and a client that ends their backends. */
export interface Server {
  readonly address: Address
  readonly url: Redacted.Redacted<string>
  readonly direct: SqlClient
}

/** What a proxy saw of one pool that rested. */
export interface Sleep {
  readonly rest: Rest
  /** While nobody asked. Towards the client also what the server had to say. */
  readonly bytesToServer: number
  readonly bytesToClient: number
  readonly connectionsOpened: number
  /** Open when the silence began, and when it was over. */
  readonly connectionsAtFirst: number
  readonly connectionsLeft: number
  /** Opened for the first statement after the silence. */
  readonly openedForIt: number
}

/** Ten statements at once are several connections if they take their time. */
const work = (sql: SqlClient) =>
  Effect.replicateEffect(sql`SELECT pg_sleep(0.2)`, 10, {
    concurrency: "unbounded",
    discard: true
  })

/** Waits for what was dialed for callers who were served by others meanwhile. */
const atRest = ({ stats }: Pool["Type"]) =>
  Effect.repeat(stats, {
    until: ({ active, connecting }) => active + connecting === 0,
    schedule: Schedule.spaced("10 millis")
  })

const end = (
  { direct: sql }: Server,
  proxy: FaultProxy["Type"],
  applicationName: string,
  ending: Rest["ending"]
) => {
  if (ending === undefined) return Effect.void
  if (ending === "closed") return Effect.asVoid(proxy.closeAll)
  return Effect.asVoid(sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE application_name = ${applicationName}`)
}

const during = (before: FaultProxyStats, after: FaultProxyStats) => ({
  bytesToServer: after.bytesToServer - before.bytesToServer,
  bytesToClient: after.bytesToClient - before.bytesToClient,
  connectionsOpened: after.accepted - before.accepted
})

/** Has a pool rest for that long behind a proxy, and watches what passes. */
export const sleep = (server: Server, rest: Rest, silence: Duration.DurationInput) =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy.make({ upstream: server.address })
    const applicationName = `sleep ${randomUUID()}`
    const config = { url: proxy.url(server.url), applicationName, minConnections: rest.min }
    const client = yield* Layer.build(PgClient.layer(config))
    const sql = Context.get(client, PgClient.PgClient)
    if (rest.hasWorked) yield* work(sql)
    yield* atRest(Context.get(client, Pool))
    const before = yield* proxy.stats
    yield* end(server, proxy, applicationName, rest.ending)
    yield* Effect.sleep(silence)
    const after = yield* proxy.stats
    yield* sql`SELECT 1`
    const { accepted } = yield* proxy.stats
    return {
      rest,
      ...during(before, after),
      connectionsAtFirst: before.open,
      connectionsLeft: after.open,
      openedForIt: accepted - after.accepted
    } satisfies Sleep
  }).pipe(Effect.scoped)

/** Whether nothing was done that nobody had asked for, and no more than was asked for after. */
export const isSilent = ({ bytesToClient, bytesToServer, ...sleep }: Sleep): boolean =>
  bytesToServer === 0 &&
  sleep.connectionsOpened === 0 &&
  (bytesToClient === 0 || sleep.rest.ending !== undefined) &&
  sleep.openedForIt <= (sleep.rest.ending === undefined ? 0 : 1)
