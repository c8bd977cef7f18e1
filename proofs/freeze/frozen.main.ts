/** A process with a pool, to be frozen: it does what it is told over its IPC channel. */
import * as Reactivity from "@effect/experimental/Reactivity"
import { NodeRuntime } from "@effect/platform-node"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Deferred, Effect, Either, FiberSet, Logger, Redacted } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { connections, type Way } from "./Freeze.ts"
import type { Order, Outcome, Report } from "./Order.ts"

const statement = "SELECT pg_backend_pid() AS pid"

const pidOf = (rows: ReadonlyArray<{ readonly pid?: number }>): number => rows[0]?.pid ?? 0

const reserved = (sql: SqlClient, until: Effect.Effect<void> = Effect.void) =>
  Effect.flatMap(sql.reserve, (session) =>
    Effect.zipLeft(session.executeUnprepared(statement, [], undefined), until)
  ).pipe(Effect.map(pidOf), Effect.scoped)

const runs: Readonly<Record<Way, (sql: SqlClient) => Effect.Effect<number, SqlError>>> = {
  reserved,
  plain: (sql) => Effect.map(sql.unsafe(statement), pidOf)
}

const onEach = <A, E>(run: Effect.Effect<A, E>) =>
  Effect.replicateEffect(run, connections, { concurrency: "unbounded" })

const outcomeOf = (result: Either.Either<number, SqlError>): Outcome =>
  Either.match(result, {
    onLeft: ({ cause, message }) => ({ backend: undefined, failure: `${message} (${cause})` }),
    onRight: (backend) => ({ backend, failure: undefined })
  })

/** Everybody holds a connection at the same time, so that none is missing. */
const muster = (sql: SqlClient) =>
  Effect.gen(function* () {
    const all = yield* Deferred.make<void>()
    let present = 0
    const arrive = Effect.suspend(() =>
      ++present === connections ? Deferred.succeed(all, undefined) : Deferred.await(all)
    )
    return yield* onEach(reserved(sql, Effect.asVoid(arrive)))
  })

const say = (report: Report) => Effect.sync(() => process.send?.(report))

let invalid = 0

const countInvalid = Logger.make(({ message }) => {
  if (String(message).startsWith("Connection is invalid")) invalid += 1
})

const obey = (sql: SqlClient, { after, way }: Order) =>
  Effect.gen(function* () {
    if (after !== undefined) {
      yield* say({ _tag: "TimerSet", dueAt: Date.now() + after })
      yield* Effect.sleep(after)
    }
    const results = yield* onEach(Effect.either(runs[way](sql)))
    const backends = yield* muster(sql)
    yield* say({ _tag: "Answered", outcomes: results.map(outcomeOf), backends, invalid })
  })

const program = (url: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.make({ url: Redacted.make(url), maxConnections: connections })
    const run = yield* FiberSet.makeRuntime()
    process.on("message", (order: Order) => run(obey(sql, order)))
    yield* say({ _tag: "Connected", backends: yield* muster(sql) })
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

// Whoever started it is gone.
process.on("disconnect", () => process.exit())

NodeRuntime.runMain(
  Effect.provide(
    program(process.env.FROZEN_URL ?? ""),
    Logger.replace(Logger.defaultLogger, countInvalid)
  ),
  { disablePrettyLogger: true }
)
