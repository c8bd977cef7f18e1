import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { startService } from "../../support/ServiceProcess.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-log-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const record = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const directory = yield* folder
  const service = yield* startService({ directory, env: { DATABASE_URL: Redacted.value(url) } })
  yield* service.listening
  yield* Effect.promise(() => fetch(`${service.url}/auth/session`))
  yield* Effect.promise(() => fetch(`${service.url}/%0d%0aforged%20line`))
  yield* service.signal("SIGTERM")
  yield* service.exit
  const files = yield* Effect.promise(() => readdir(directory))
  return { files, lines: service.output().trim().split("\n") }
}).pipe(Effect.scoped)

/** What the service as a process writes, on a short day: its lines, and the files that it made. */
export const transcript = Effect.runSync(Effect.cached(record))
