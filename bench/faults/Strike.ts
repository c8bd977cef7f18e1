import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Schedule } from "effect"
import { visitor } from "../../proofs/ProofDatabase.ts"
import type { EmbeddedPostgresError, FreshDatabaseError } from "../../src/testing/index.ts"
import type { FaultName } from "./Fault.ts"
import type { Stage } from "./Stage.ts"

type Act = (
  stage: Stage
) => Effect.Effect<unknown, SqlError | EmbeddedPostgresError | FreshDatabaseError>

/** How a fault is done, and how it is undone. */
interface Acts {
  readonly strike: Act
  readonly mend: Act
}

const heal: Act = (stage) => stage.heal

const limitConnections =
  (limit: number): Act =>
  ({ database }) =>
    database.direct.unsafe(`ALTER ROLE ${visitor} CONNECTION LIMIT ${limit}`)

/** Ten cuts within three seconds. */
const tenTimes =
  (cut: Act): Act =>
  (stage) =>
    Effect.repeat(
      Effect.suspend(() => cut(stage)),
      Schedule.intersect(Schedule.recurs(9), Schedule.spaced("300 millis"))
    )

export const acts: Readonly<Record<FaultName, Acts>> = {
  "backends killed": { strike: ({ server }) => server.killSessions, mend: heal },
  reset: { strike: ({ proxy }) => proxy.resetAll, mend: heal },
  closed: { strike: ({ proxy }) => proxy.closeAll, mend: heal },
  "idle closed": { strike: ({ proxy }) => proxy.closeAll, mend: heal },
  "idle forgotten": { strike: ({ proxy }) => proxy.forgetAll, mend: heal },
  "black hole": { strike: ({ proxy }) => proxy.blackholeAll, mend: heal },
  crash: { strike: ({ server }) => server.crash, mend: ({ server }) => server.start },
  refused: {
    strike: ({ proxy }) => Effect.zipRight(proxy.refuse, proxy.resetAll),
    mend: heal
  },
  "cold start": { strike: ({ proxy }) => proxy.suspend("1.5 seconds", "close"), mend: heal },
  "connection limit": {
    strike: (stage) => Effect.zipRight(limitConnections(4)(stage), stage.proxy.resetAll),
    mend: limitConnections(-1)
  },
  "COMMIT lost": { strike: tenTimes(({ cutCommit }) => cutCommit), mend: heal },
  "COMMIT's answer lost": {
    strike: tenTimes(({ proxy }) => proxy.cutCommit("after")),
    mend: heal
  }
}
