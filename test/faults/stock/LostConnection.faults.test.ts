import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Fiber, Redacted, Stream } from "effect"
import type { PgClient } from "../../../src/sql/index.ts"
import { FaultProxy } from "../../../src/testing/FaultProxy.ts"
import { aWhile, endOf } from "./End.ts"
import { committed, createLedger } from "./Ledger.ts"
import { compare, type Scene } from "./Scenario.ts"

/**
 * Kills the sessions of a client and then runs something, which is sent before anything of the
 * killing is heard.
 */
const endOnStale = <A, E>(
  { kill, proxy }: Scene,
  sql: PgClient.PgClient,
  statement: Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    yield* proxy.latency("1 minute")
    yield* kill(sql)
    const end = yield* Effect.fork(endOf(statement))
    yield* Effect.sleep("100 millis")
    yield* proxy.heal
    return yield* Fiber.join(end)
  })

const script = fileURLToPath(new URL("idleBackendDies.mjs", import.meta.url))

/** Runs the script on the package that the layer comes from, ours as it is built. */
const idleBackendDies = ({ kind, url }: Scene) =>
  Effect.async<string>((resume) => {
    const layerOf = kind === "stock" ? "@effect/sql-pg" : "holdfast"
    const child = spawn(process.execPath, [script, layerOf, Redacted.value(url)])
    let output = ""
    child.stderr.on("data", (chunk) => {
      output += chunk
    })
    child.on("close", (code) => {
      const isUnhandled = output.includes("Unhandled 'error' event")
      resume(Effect.succeed(isUnhandled ? "crashes" : `exits with ${code}`))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

compare("a lost connection", (row) => {
  row("a", "a connection lost while idle costs the next statement nothing", {
    onStock: "the next statement fails",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open({ validateAfterIdle: "10 millis" })
        yield* sql`SELECT 1`
        yield* Effect.sleep("50 millis")
        return yield* endOnStale(scene, sql, sql`SELECT 1`)
      }),
    stock: "fails",
    holdfast: "succeeds"
  })

  row("b", "a connection that has said FATAL is not lent again, however soon", {
    onStock: "it is lent once more, and takes the next transaction down with it",
    scenario: ({ kill, open }) =>
      Effect.gen(function* () {
        const sql = yield* open({ maxConnections: 1 })
        const next = sql.withTransaction(sql`SELECT 1`)
        const end = yield* Effect.fork(endOf(Effect.orElse(sql`SELECT pg_sleep(5)`, () => next)))
        yield* Effect.sleep("100 millis")
        yield* kill(sql)
        return yield* Fiber.join(end)
      }),
    stock: "dies",
    holdfast: "succeeds"
  })

  row("c", "a connection lost during a statement is a failure that tells the outcome", {
    onStock: "the failure is typed, but nobody learns whether the statement took effect",
    scenario: ({ kill, open }) =>
      Effect.gen(function* () {
        const sql = yield* open()
        const end = yield* Effect.fork(endOf(sql`SELECT pg_sleep(5)`))
        yield* Effect.sleep("100 millis")
        yield* kill(sql)
        return yield* Fiber.join(end)
      }),
    stock: "fails",
    holdfast: "fails: Unknown"
  })

  row("d", "a connection lost inside a transaction is a typed failure", {
    onStock: "it is a defect, and the reason is lost",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* createLedger(scene)
        const body = Effect.gen(function* () {
          yield* sql`INSERT INTO ${sql(scene.name)} VALUES (1)`
          yield* scene.kill(sql)
          yield* sql`INSERT INTO ${sql(scene.name)} VALUES (2)`
        })
        return { end: yield* endOf(sql.withTransaction(body)), rows: yield* committed(scene) }
      }),
    stock: { end: "dies", rows: [] },
    holdfast: { end: "fails: RolledBack", rows: [] }
  })

  row("d", "a connection lost before BEGIN lets the transaction begin on another one", {
    onStock: "a BEGIN on it is a defect, though nothing has run",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* sql`SELECT 1`
        return yield* endOnStale(scene, sql, sql.withTransaction(sql`SELECT 1`))
      }),
    stock: "dies",
    holdfast: "succeeds"
  })

  row("e", "a connection lost just before COMMIT is a typed failure", {
    onStock: "a transaction that has lost its connection dies of COMMIT",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* createLedger(scene)
        const body = Effect.gen(function* () {
          yield* sql`INSERT INTO ${sql(scene.name)} VALUES (1)`
          yield* scene.kill(sql)
          yield* Effect.sleep("100 millis")
        })
        return { end: yield* endOf(sql.withTransaction(body)), rows: yield* committed(scene) }
      }),
    stock: { end: "dies", rows: [] },
    holdfast: { end: "fails: RolledBack", rows: [] }
  })

  row("e", "a connection lost with the answer to COMMIT is no failure, if it has committed", {
    onStock: "it is a defect, although the transaction has committed",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* createLedger(scene)
        yield* scene.proxy.cutBefore("toClient", FaultProxy.isCommit)
        const insert = sql`INSERT INTO ${sql(scene.name)} VALUES (1)`
        return { end: yield* endOf(sql.withTransaction(insert)), rows: yield* committed(scene) }
      }),
    stock: { end: "dies", rows: [1] },
    holdfast: { end: "succeeds", rows: [1] }
  })

  row("e", "a deferred constraint violated at COMMIT is a typed failure", {
    onStock: "a deferred constraint violated at COMMIT is a defect",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* createLedger(scene)
        const orphan = sql`INSERT INTO ${sql(scene.name)} VALUES (1, 99)`
        return { end: yield* endOf(sql.withTransaction(orphan)), rows: yield* committed(scene) }
      }),
    stock: { end: "dies", rows: [] },
    holdfast: { end: "fails: RolledBack", rows: [] }
  })

  row("k", "a connection lost during a stream fails the stream, and is replaced", {
    onStock: "the stream hangs for ever, and its place in the pool is lost",
    scenario: ({ kill, open }) =>
      Effect.gen(function* () {
        const sql = yield* open({ maxConnections: 1 })
        const begun = yield* Deferred.make<void>()
        const rows = sql`SELECT generate_series(1, 1000)`.stream.pipe(
          Stream.tap(() => Deferred.succeed(begun, undefined)),
          Stream.tap(() => Effect.sleep("1 millis"))
        )
        const reading = yield* Effect.fork(endOf(Stream.runDrain(rows), aWhile))
        yield* Deferred.await(begun)
        yield* kill(sql)
        return { stream: yield* Fiber.join(reading), next: yield* endOf(sql`SELECT 1`, aWhile) }
      }),
    stock: { stream: "hangs", next: "hangs" },
    holdfast: { stream: "fails: Unknown", next: "succeeds" }
  })

  row("m", "a connection lost while idle does not end the process that brought the pool", {
    onStock: "it does, unless the process listens to its pool's errors",
    scenario: idleBackendDies,
    stock: "crashes",
    holdfast: "exits with 0"
  })
})
