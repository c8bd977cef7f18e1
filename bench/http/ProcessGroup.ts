import type { ChildProcess } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect } from "effect"

/** Whether a process that was started has ended. */
export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

/** Signals a group; false: nobody of it is left. */
const signal = (group: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-group, name)
  } catch {
    return false
  }
}

/** Longer than a service takes that finishes its requests and stops its database. */
const patience = 15_000

/**
 * Ends a process that was started `detached`, with all that it has started itself: politely, and by
 * force if that takes too long.
 */
export const endGroup = ({ pid }: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (pid === undefined || !signal(pid, "SIGTERM")) return
    const giveUp = performance.now() + patience
    while (signal(pid, 0) && performance.now() < giveUp) await sleep(20)
    signal(pid, "SIGKILL")
  })
