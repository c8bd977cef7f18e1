import { Effect, Fiber, Stream } from "effect"
import { borrowedPid } from "./BorrowedPid.ts"
import { aWhile, endOf, interruptionOf } from "./End.ts"
import { compare } from "./Scenario.ts"

compare("interrupting", (row) => {
  row("j", "a statement needs no second connection, and frees the first", {
    onStock: "a statement waits five seconds for a second connection when all are taken",
    scenario: ({ open }) =>
      Effect.gen(function* () {
        const sql = yield* open({ maxConnections: 1 })
        const interruption = yield* interruptionOf(sql`SELECT pg_sleep(30)`)
        return { interruption, next: yield* endOf(sql`SELECT 1`, aWhile) }
      }),
    stock: { interruption: "not within a second", next: "hangs" },
    holdfast: { interruption: "promptly", next: "succeeds" }
  })

  row("l", "a stream that waits for its rows ends it at once, and frees its connection", {
    onStock: "a stream ends when the server has found the rows",
    scenario: ({ open }) =>
      Effect.gen(function* () {
        const sql = yield* open({ maxConnections: 1 })
        const interruption = yield* interruptionOf(Stream.runDrain(sql`SELECT pg_sleep(30)`.stream))
        return { interruption, next: yield* endOf(sql`SELECT 1`, aWhile) }
      }),
    stock: { interruption: "not within a second", next: "hangs" },
    holdfast: { interruption: "promptly", next: "succeeds" }
  })

  row("t", "a statement behind a pooler cancels that statement, and nobody else's", {
    onStock: "a statement cancels that of the stranger whose pid the pooler happened to announce",
    scenario: ({ administer, open, outsider, url }) =>
      Effect.gen(function* () {
        const stranger = yield* outsider
        const asked = yield* Effect.promise(() =>
          stranger.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")
        )
        const pooler = yield* borrowedPid(url, asked.rows[0]?.pid ?? 0)
        const sql = yield* open({ url: pooler, maxConnections: 2 })
        yield* sql`SELECT 1`
        const innocent = Effect.tryPromise(() => stranger.query("SELECT pg_sleep(1)"))
        const other = yield* Effect.fork(endOf(innocent))
        yield* interruptionOf(sql`SELECT pg_sleep(30)`)
        const end = yield* Fiber.join(other)
        const running = yield* administer(
          "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'",
          [sql.config.applicationName]
        )
        return { stranger: end, statementsStillRunning: running.length }
      }),
    stock: { stranger: "fails", statementsStillRunning: 1 },
    holdfast: { stranger: "succeeds", statementsStillRunning: 0 }
  })
})
