import type { SqlClient } from "@effect/sql/SqlClient"
import { Duration, Effect, Random, Schedule } from "effect"
import type {
  CutEnding,
  EmbeddedPostgres,
  EmbeddedPostgresError,
  FaultProxy,
  WireMessage
} from "../../src/testing/index.ts"
import { visitor } from "../ProofDatabase.ts"

/** What a point is struck with. */
export interface Means {
  readonly proxy: FaultProxy["Type"]
  readonly server: EmbeddedPostgres["Type"]
  /** Past the proxy. */
  readonly direct: SqlClient
}

/** Where sign-ups are killed. */
export interface Point {
  readonly name: string
  /** How many of a hundred sign-ups come to it. */
  readonly share: number
  /** How many sign up at the same time. */
  readonly batch: number
  /** Lays the trap for one of them, who is so many-th of the batch. */
  readonly aim?: (means: Means, email: string, index: number) => Effect.Effect<void>
  /** Strikes all of a batch, some of whom have begun. */
  readonly strike?: (means: Means) => Effect.Effect<void, EmbeddedPostgresError>
  /** After how long a visitor hangs up the first time. */
  readonly hangUp?: Effect.Effect<Duration.Duration>
}

const endings: ReadonlyArray<CutEnding> = ["reset", "close"]
const endingOf = (index: number): CutEnding => endings[index % endings.length] ?? "reset"

/** Matches a message of this type that follows the Bind of this address's sign-up. */
const behindBindOf = (email: string, type: string) => {
  let isTheirs = false
  return (message: WireMessage): boolean => {
    if (message.type === "B") isTheirs = message.body.includes(email)
    return isTheirs && message.type === type
  }
}

/** The Parse of any sign-up: it has no address in it. The `index`-th of a batch, or all would strike at once. */
const parses = () => {
  let struck = 0
  return (index: number) =>
    ({ text, type }: WireMessage): boolean => {
      if (type !== "P" || !text.includes("insert into users") || index !== struck) return false
      // Once every trap was asked about this message.
      queueMicrotask(() => {
        struck = index + 1
      })
      return true
    }
}

const parseOf = (batch: number): NonNullable<Point["aim"]> => {
  let turn = parses()
  return ({ proxy }, _, index) =>
    Effect.suspend(() => {
      if (index % batch === 0) turn = parses()
      return proxy.cutBefore("toServer", turn(index), endingOf(index))
    })
}

const between = (min: number, max: number) =>
  Effect.map(Random.nextIntBetween(min, max), Duration.millis)

/** The server may be between two lives. */
const persistent = Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo("20 seconds")))

const endSessions = (sql: SqlClient) =>
  sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${visitor}`

const readOnly = ({ direct }: Means, setting: "on" | "off") =>
  persistent(direct.unsafe(`ALTER ROLE ${visitor} SET default_transaction_read_only = ${setting}`))

const awayFor = (time: Duration.DurationInput, away: Effect.Effect<unknown>) =>
  Effect.zipRight(away, Effect.sleep(time))

export const points: ReadonlyArray<Point> = [
  { name: "before Parse reaches the server", share: 18, batch: 60, aim: parseOf(60) },
  {
    name: "after Execute, before Sync",
    share: 18,
    batch: 60,
    aim: ({ proxy }, email, index) =>
      proxy.cutAfter("toServer", behindBindOf(email, "E"), endingOf(index))
  },
  {
    name: "after the commit, before its answer",
    share: 18,
    batch: 60,
    aim: ({ proxy }, email, index) =>
      proxy.cutBefore(
        "toClient",
        ({ body, type }) => type === "D" && body.includes(email),
        endingOf(index)
      )
  },
  {
    name: "after the commit, in silence",
    share: 2,
    batch: 50,
    aim: ({ proxy }, email) =>
      proxy.cutBefore(
        "toClient",
        ({ body, type }) => type === "D" && body.includes(email),
        "blackhole"
      )
  },
  { name: "the visitor hangs up", share: 14, batch: 40, hangUp: between(1, 60) },
  {
    name: "backends killed",
    share: 12,
    batch: 40,
    strike: ({ direct }) => Effect.ignore(persistent(endSessions(direct)))
  },
  {
    name: "server crashes, and is back",
    share: 6,
    batch: 30,
    strike: ({ server }) => Effect.zipRight(awayFor("300 millis", server.crash), server.start)
  },
  {
    name: "failover to read-only, and back",
    share: 6,
    batch: 30,
    strike: (means) =>
      Effect.gen(function* () {
        yield* readOnly(means, "on")
        yield* persistent(endSessions(means.direct))
        yield* Effect.sleep("500 millis")
        // The sessions that were begun meanwhile stay read-only: it is on the client to leave them.
        yield* readOnly(means, "off")
      }).pipe(Effect.orDie)
  },
  {
    name: "open connections in a black hole",
    share: 4,
    batch: 40,
    strike: ({ proxy }) => Effect.asVoid(proxy.blackholeAll)
  },
  {
    name: "the network a black hole for a second",
    share: 2,
    batch: 40,
    strike: ({ proxy }) => Effect.zipRight(awayFor("1 second", proxy.blackhole), proxy.heal)
  }
]

/** How many sign-ups of so many come to each point: whole batches, at least one. */
export const shareOf = ({ batch, share }: Point, total: number): number =>
  Math.max(1, Math.round((total * share) / 100 / batch)) * batch
