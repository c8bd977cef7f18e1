import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, Schedule, type Scope } from "effect"
import pg from "pg"

/** A session on a server until the scope closes. What the server does to it is no error. */
export const session = (
  url: Redacted.Redacted<string> | string
): Effect.Effect<pg.Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const connectionString = typeof url === "string" ? url : Redacted.value(url)
      const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
      client.on("error", () => undefined)
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end().catch(() => undefined))
  )

/** The first value of the first row that a statement answers, in a session of its own. */
export const ask = (url: Redacted.Redacted<string> | string, sql: string): Effect.Effect<unknown> =>
  session(url).pipe(
    Effect.flatMap((client) => Effect.promise(() => client.query({ text: sql, rowMode: "array" }))),
    Effect.map(({ rows }) => rows[0]?.[0]),
    Effect.scoped
  )

/** A directory that any user may write to, removed with the scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-test-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
)

/** Whether a process is there. A zombie counts: who asks about another's child should wait. */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits, at most 10 seconds, until something holds. Dies if it never does. */
export const eventually = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.sync(holds).pipe(
    Effect.repeat({ until: (held) => held, schedule: Schedule.spaced("25 millis") }),
    Effect.timeoutFail({ duration: "10 seconds", onTimeout: () => new Error(`Not seen: ${what}`) }),
    Effect.orDie,
    Effect.asVoid
  )
