import { Effect, Fiber, Stream } from "effect"
import type { PgClient } from "../../../src/sql/index.ts"
import { aWhile, endOf, interruptionOf } from "./End.ts"
import { compare } from "./Scenario.ts"

const onlyOne = { maxConnections: 1 }

/** Takes the only connection of a client for so long. */
const occupy = (sql: PgClient.PgClient, seconds: number) =>
  Effect.zipLeft(Effect.fork(sql`SELECT pg_sleep(${seconds})`), Effect.sleep("50 millis"))

/** Interrupts a caller while the only connection is taken; and is there one afterwards? */
const interruptedWaiting = <A, E, R>(sql: PgClient.PgClient, caller: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const holder = yield* occupy(sql, 0.6)
    const interruption = yield* interruptionOf(caller)
    yield* Fiber.join(holder)
    return { interruption, next: yield* endOf(sql`SELECT 1`, aWhile) }
  })

compare("waiting for a connection", (row) => {
  row("h", "a transaction that is interrupted while it waits ends at once", {
    onStock: "it goes on waiting until it has had its connection",
    scenario: ({ open }) =>
      Effect.gen(function* () {
        const sql = yield* open(onlyOne)
        yield* occupy(sql, 30)
        return yield* interruptionOf(sql.withTransaction(sql`SELECT 1`))
      }),
    stock: "not within a second",
    holdfast: "promptly"
  })

  row("i", "a reservation that is interrupted while it waits costs the pool nothing", {
    onStock: "it costs the pool a connection, for ever",
    scenario: ({ open }) =>
      Effect.flatMap(open(onlyOne), (sql) => interruptedWaiting(sql, Effect.scoped(sql.reserve))),
    stock: { interruption: "promptly", next: "hangs" },
    holdfast: { interruption: "promptly", next: "succeeds" }
  })

  row("i", "a stream that is interrupted while it waits costs the pool nothing", {
    onStock: "the stream costs the pool a connection as well",
    scenario: ({ open }) =>
      Effect.flatMap(open(onlyOne), (sql) =>
        interruptedWaiting(sql, Stream.runDrain(sql`SELECT 1`.stream))
      ),
    stock: { interruption: "promptly", next: "hangs" },
    holdfast: { interruption: "promptly", next: "succeeds" }
  })

  row("s", "nobody waits longer than the acquire timeout", {
    onStock: "nobody is told to stop waiting, unless a connect timeout is configured",
    scenario: ({ open }) =>
      Effect.gen(function* () {
        const sql = yield* open({ ...onlyOne, acquireTimeout: "300 millis" })
        yield* occupy(sql, 30)
        return yield* endOf(sql`SELECT 1`, aWhile)
      }),
    stock: "hangs",
    holdfast: "fails: NotSent"
  })
})
