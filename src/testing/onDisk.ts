import { Effect } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** Work on files. If it fails, the message is `what` with the system's reason behind it. */
export const onDisk = <A>(
  what: string,
  work: () => Promise<A>
): Effect.Effect<A, EmbeddedPostgresError> =>
  Effect.tryPromise({
    try: work,
    catch: (cause) =>
      new EmbeddedPostgresError({
        reason: "DirectoryUnusable",
        message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause
      })
  })
