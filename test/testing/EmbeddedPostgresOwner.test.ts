import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { processTable } from "../../src/testing/ProcessTable.ts"
import { startOwner } from "./PostgresOwner.ts"
import { ask, eventually, isRunning, temporaryDirectory } from "./ServerFixture.ts"

const pidFile = (directory: string) => join(directory, "cluster", "data", "postmaster.pid")

/** Makes a cluster and stops its server again. */
const makeCluster = (directory: string) => Effect.scoped(EmbeddedPostgres.make({ directory }))

const silently = Effect.provide(Logger.remove(Logger.defaultLogger))

/** A living process of the user whom the data belongs to, with nothing to do with Postgres. */
const stranger = (directory: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { uid, gid } = await stat(dirname(pidFile(directory)))
      return spawn("sleep", ["60"], { uid, gid, stdio: "ignore" })
    }),
    (child) => Effect.sync(() => child.kill())
  )

describe("The owner of an embedded Postgres", () => {
  it.scopedLive(
    "may be an ordinary user, and takes all with it when killed, a frozen server too",
    () =>
      Effect.gen(function* () {
        const owner = yield* startOwner({ ordinary: true })
        const { server, url, message } = owner.report
        assert.isUndefined(message)
        const data = String(yield* ask(url, "show data_directory"))
        assert.notStrictEqual((yield* Effect.promise(() => stat(data))).uid, 0)
        const processes = yield* processTable.childrenOf(server)
        assert.isNotEmpty(processes)
        yield* owner.kill("SIGUSR2")
        yield* eventually("no temporary directory", () => !existsSync(dirname(dirname(data))))
        // Process 1 may be slow to bury the server; a zombie is not in the table.
        for (const pid of [server, ...processes]) {
          assert.strictEqual((yield* processTable.find(pid))._tag, "None")
        }
      })
  )

  it.scopedLive(
    "is the only one of a directory, and when killed leaves it to the next at once",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const owner = yield* startOwner({ directory })
        yield* ask(owner.report.url, "create table kept as select 42 as answer")
        const refusal = yield* Effect.flip(EmbeddedPostgres.make({ directory }))
        assert.strictEqual(refusal.reason, "DirectoryInUse")
        assert.include(refusal.message, `process ${owner.pid}`)
        assert.include(refusal.message, directory)
        assert.strictEqual(yield* ask(owner.report.url, "select answer from kept"), 42)
        yield* owner.kill("SIGKILL")
        const { url } = yield* silently(EmbeddedPostgres.make({ directory }))
        assert.strictEqual(yield* ask(url, "select answer from kept"), 42)
      })
  )

  it.scopedLive("ends the server that one before it has left without a guard", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const owner = yield* startOwner({ directory })
      const { server, url } = owner.report
      yield* ask(url, "create table kept as select 42 as answer")
      const guards = yield* processTable.childrenOf(owner.pid)
      for (const guard of guards.filter((pid) => pid !== server)) process.kill(guard, "SIGKILL")
      yield* owner.kill("SIGKILL")
      assert.strictEqual(yield* ask(url, "select answer from kept"), 42)
      const next = yield* silently(EmbeddedPostgres.make({ directory }))
      assert.notStrictEqual(yield* next.processId, server)
      assert.strictEqual((yield* processTable.find(server))._tag, "None")
      assert.strictEqual(yield* ask(next.url, "select answer from kept"), 42)
    })
  )

  it.scopedLive("is not stopped by a pid file whose number is a stranger's by now", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = pidFile(directory)
      yield* makeCluster(directory)
      const { pid = 0 } = yield* stranger(directory)
      const lines = [pid, dirname(file), 1700000000, 5432, "", "127.0.0.1", "1 1", "ready", ""]
      for (const stale of [lines.join("\n"), "", "damaged"]) {
        yield* Effect.promise(() => writeFile(file, stale))
        yield* makeCluster(directory)
        assert.isFalse(existsSync(file))
      }
      assert.isTrue(isRunning(pid))
    })
  )
})
