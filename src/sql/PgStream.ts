import { Chunk, Duration, Effect, Option, type Scope, Stream } from "effect"
import Cursor from "pg-cursor"
import type { Query } from "./Exchange.ts"
import type { PgConnection } from "./PgConnection.ts"
import type { PgError } from "./PgError.ts"
import type { Place } from "./Wire.ts"

/** Rows per trip to the server: upstream's number. */
const rowsPerRead = 128

/** How long closing a cursor may take before its session is dropped. */
const closeTimeout = Duration.seconds(1)

/** It must be closed, or its session dropped, before the next statement. */
const open = ({ client }: PgConnection, { text, values }: Query): Cursor<object> =>
  client.query(new Cursor<object>(text, values && [...values]))

const read = (connection: PgConnection, cursor: Cursor<object>, place: Place) =>
  Effect.async<Chunk.Chunk<object>, Option.Option<PgError>>((resume) => {
    cursor.read(rowsPerRead, (cause: Error | undefined, rows) => {
      if (cause) {
        resume(Effect.fail(Option.some(connection.fail(cause, { ...place, sent: true }))))
      } else if (rows.length > 0) {
        resume(Effect.succeed(Chunk.unsafeFromArray(rows)))
      } else {
        resume(Effect.fail(Option.none()))
      }
    })
    return Effect.sync(() => connection.abandon("its stream was interrupted"))
  })

/** Closing waits for the server, which need not answer any more. */
const close = (connection: PgConnection, cursor: Cursor<object>): Effect.Effect<void> => {
  const closed = Effect.async<void>((resume) => {
    cursor.close(() => resume(Effect.void))
  })
  return Effect.suspend(() => (connection.isOpen() ? closed : Effect.void)).pipe(
    Effect.interruptible,
    Effect.timeout(closeTimeout),
    Effect.catchAll(() => Effect.sync(() => connection.abandon("its cursor could not be closed")))
  )
}

/** The rows of one statement, read through a cursor as they are wanted. */
export const streamOf = (
  lease: Effect.Effect<PgConnection, PgError, Scope.Scope>,
  query: Query,
  place: Place
): Stream.Stream<object, PgError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const connection = yield* lease
      place.id?.ran("FETCH")
      const cursor = yield* Effect.acquireRelease(
        Effect.sync(() => open(connection, query)),
        (cursor) => close(connection, cursor)
      )
      return Stream.repeatEffectChunkOption(read(connection, cursor, place))
    })
  )
