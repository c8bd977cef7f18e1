import { type Duration, Effect, Option } from "effect"
import { host } from "./FreePort.ts"
import { awaitGone, processTable } from "./ProcessTable.ts"
import { signal } from "./Program.ts"

// `postgres: postgres shop 127.0.0.1(41234) idle`, as Postgres titles the process of a session.
const isBackend = (command: string) => command.includes(` ${host}(`)

const backendsOf = Effect.fnUntraced(function* (server: number) {
  const children = yield* processTable.childrenOf(server)
  return yield* Effect.filter(children, (child) =>
    Effect.map(
      processTable.find(child),
      Option.exists(({ command }) => isBackend(command))
    )
  )
})

/**
 * Ends every session with a server as pg_terminate_backend does (SIGTERM, of which clients hear as
 * 57P01), and answers how many there were. Waits until they are gone, at most for `patience`.
 */
export const killBackends = Effect.fn("Backends.kill")(function* (
  server: number,
  patience: Duration.DurationInput
) {
  const backends = yield* backendsOf(server)
  yield* Effect.forEach(backends, (pid) => signal(pid, "SIGTERM"), { discard: true })
  yield* Effect.forEach(backends, awaitGone, { concurrency: "unbounded", discard: true }).pipe(
    Effect.interruptible,
    Effect.timeoutOption(patience)
  )
  return backends.length
})
