import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, type Redacted } from "effect"
import type { Question } from "../../proofs/service/Ask.ts"
import { asked, somebody } from "./Crowd.ts"
import { type Program, startServer } from "./ServerProcess.ts"
import { holdfast, script } from "./Service.ts"

const health: Question = { method: "GET", path: "/health" }

export const bare = "bare platform server"
export const embedded = "npm start, embedded Postgres"

/** From the start of a process to its first answer, in milliseconds; then it is ended. */
const startTime = (program: Program, question: Question) =>
  Effect.scoped(Effect.map(startServer(program, question), (server) => server.startTime))

/** Somebody signs up with a service that is ended then. */
const session = (database: Redacted.Redacted<string>) =>
  startServer(holdfast.program(database), holdfast.isUp).pipe(
    Effect.flatMap((server) => somebody(holdfast, asked(server, 1))),
    Effect.scoped
  )

/** The built service, asked for a session, and a server that has nothing to do. */
export const startContestants = (database: Redacted.Redacted<string>) =>
  Effect.map(session(database), (question) => [
    {
      name: bare,
      measured: startTime(script("bench/http/servers/bare.mjs", database), health)
    },
    { name: holdfast.name, measured: startTime(holdfast.program(database), question) }
  ])

const folder = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = await mkdtemp(join(tmpdir(), "holdfast-start-"))
    // Started by root, the database runs as somebody else, who must get to its data.
    await chmod(directory, 0o755)
    return directory
  }),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

/**
 * `npm start` of a package that starts what this one's `npm start` does, in a folder that keeps its
 * data until the scope closes; asked whether the database is there.
 */
export const embeddedContestant = Effect.gen(function* () {
  const directory = yield* folder
  const start = fileURLToPath(new URL("../../scripts/start.js", import.meta.url))
  const description = { private: true, scripts: { start: `node ${JSON.stringify(start)}` } }
  yield* Effect.promise(() =>
    writeFile(join(directory, "package.json"), JSON.stringify(description))
  )
  const program = {
    command: "npm",
    args: ["start", "--silent"],
    env: { NODE_ENV: "development", npm_config_update_notifier: "false" },
    directory
  }
  return {
    name: embedded,
    measured: startTime(program, { method: "GET", path: "/health/database" })
  }
})
