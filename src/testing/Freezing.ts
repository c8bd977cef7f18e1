import { Deferred, Effect } from "effect"
import { processTable } from "./ProcessTable.ts"
import { type RunningProgram, signal, type Watcher } from "./Program.ts"

const signalAll = (pids: ReadonlyArray<number>, name: NodeJS.Signals) =>
  Effect.forEach(pids, (pid) => signal(pid, name), { discard: true })

/**
 * Stops a server and all its processes where they stand (SIGSTOP). One that has ended is left alone.
 * The watcher is told before the last of them is stopped, since no other signal but SIGKILL would
 * end them.
 */
export const freeze = Effect.fn("Freezing.freeze")(function* (
  server: RunningProgram,
  watcher: Watcher
) {
  if (yield* Deferred.isDone(server.ended)) return
  // Stopped, it can't start another process while they are counted.
  yield* signal(server.pid, "SIGSTOP")
  const children = yield* processTable.childrenOf(server.pid)
  watcher.frozen([server.pid, ...children])
  yield* signalAll(children, "SIGSTOP")
}, Effect.uninterruptible)

/** Lets a pid and its children go on (SIGCONT), whether they were stopped or not. */
export const proceed = Effect.fn("Freezing.proceed")(function* (pid: number) {
  yield* signalAll([...(yield* processTable.childrenOf(pid)), pid], "SIGCONT")
}, Effect.uninterruptible)

/** Ends a freeze, if there is one. */
export const thaw = Effect.fn("Freezing.thaw")(function* (
  server: RunningProgram,
  watcher: Watcher
) {
  if (yield* Deferred.isDone(server.ended)) return
  yield* proceed(server.pid)
  watcher.frozen([])
}, Effect.uninterruptible)
