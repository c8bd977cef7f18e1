import { Effect, type Scope } from "effect"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import type { EmbeddedServer } from "./EmbeddedServer.ts"
import type { ServerFault } from "./Fault.ts"

/** How many faults keep something up, and how it ends with the last of them. */
const shared = <E>(end: Effect.Effect<void, E>) => {
  let holders = 0
  return Effect.acquireRelease(
    Effect.sync(() => {
      holders += 1
    }),
    () =>
      Effect.suspend(() => {
        holders -= 1
        return holders === 0 ? Effect.orDie(end) : Effect.void
      })
  )
}

/** Faults of one server that last as long as a scope. */
export const makeServerFaults = (
  server: Omit<EmbeddedServer, "port">
): ((fault: ServerFault) => Effect.Effect<void, EmbeddedPostgresError, Scope.Scope>) => {
  const { crash, freeze, killSessions, start, stop, thaw } = server
  const down = shared(start)
  const frozen = shared(thaw)
  return (fault) => {
    switch (fault._tag) {
      case "Restart":
        return Effect.andThen(down, stop(fault.mode))
      case "Crash":
        return Effect.andThen(down, crash)
      case "Freeze":
        return Effect.andThen(frozen, freeze)
      case "KillSessions":
        return Effect.asVoid(killSessions)
    }
  }
}
