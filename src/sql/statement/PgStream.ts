import { Chunk, Duration, Effect, Exit, Option, type Scope, Stream } from "effect"
import { undertaking } from "../../runtime/Undertaking.ts"
import { fromCause, type PgError } from "../failure/PgError.ts"
import type { KnownText } from "../session/KnownTexts.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { Signal } from "../session/Signal.ts"
import { StatementTimeout } from "../session/statementTimeout.ts"
import { UnreadableAnswer } from "../session/UnreadableAnswer.ts"
import type { OpenTransaction, Place } from "../session/Wire.ts"
import { countedRows } from "./Commitment.ts"
import { RowCursor } from "./RowCursor.ts"

/** Rows per trip to the server: upstream's number. */
const rowsPerRead = 128

/** How long closing a cursor may take before its session is dropped. */
const closeTimeout = Duration.seconds(1)

/** It must be closed, or its session dropped, before the next statement. */
const open = (
  { client, interruptTime }: PgConnection,
  { text, values }: Query,
  place: Place
): Effect.Effect<RowCursor, PgError> =>
  Effect.try({
    try: () => {
      interruptTime.over()
      return client.query(new RowCursor(text, values && [...values]))
    },
    // A value that can't be encoded: nothing was sent.
    catch: (cause) => fromCause(cause, { ...place, sent: false })
  })

/** What stands in the way of another statement while a stream is open on the same session. */
export const stillStreaming = (place: Place): PgError =>
  fromCause(
    new Error(
      "a stream is still open on this session: read it to its end, or collect it, before the next statement"
    ),
    { ...place, sent: false }
  )

/** Where a statement stands, and its text where that tells what became of it. */
type Told = Place & { readonly text?: string }

/** One trip; it ends with its answer, with the session, or with an interrupt, which cancels it. */
const trip = (connection: PgConnection, cursor: RowCursor, place: Told) =>
  undertaking<Chunk.Chunk<object>, Option.Option<PgError>>((resume) => {
    const answered = new Signal()
    connection.pulse.sent(place)
    const end = (result: Effect.Effect<Chunk.Chunk<object>, Option.Option<PgError>>) => {
      connection.client.off("end", ended)
      if (!answered.isGiven) connection.pulse.answered()
      answered.give()
      resume(result)
    }
    const fail = (cause: unknown) => {
      // Outside of a transaction it is committed with the Sync of its cursor, which is still to come.
      const isExecuted = place.inTransaction && cause instanceof UnreadableAnswer
      end(
        Effect.fail(Option.some(connection.end.fail(cause, { ...place, sent: true, isExecuted })))
      )
    }
    // The cursor says nothing of an end that comes between its last row and ReadyForQuery.
    const ended = () => fail(new Error("Connection terminated by the server"))
    connection.client.once("end", ended)
    // The session is in order again with ReadyForQuery, which follows.
    cursor.onLateError = (cause) =>
      connection.client.connection.once("readyForQuery", () => fail(cause))
    cursor.read(rowsPerRead, (cause: Error | undefined, rows) => {
      const failure = cause ?? cursor.unreadable
      if (failure) return fail(failure)
      end(rows.length > 0 ? Effect.succeed(Chunk.unsafeFromArray(rows)) : noMore)
    })
    return Effect.ensuring(
      connection.cancel(answered),
      Effect.sync(() => connection.end.abandon("its stream was interrupted"))
    )
  })

const noMore = Effect.fail(Option.none())

/** A trip within the statement timeout of the fiber or the client. */
const read = (connection: PgConnection, cursor: RowCursor, place: Told) =>
  Effect.withFiberRuntime<Chunk.Chunk<object>, Option.Option<PgError>>((fiber) => {
    const limit = connection.limitOf(fiber)
    const once = trip(connection, cursor, place)
    return limit === undefined
      ? once
      : Effect.timeoutFail(Effect.interruptible(once), {
          duration: limit,
          onTimeout: () =>
            Option.some(fromCause(new StatementTimeout(limit), { ...place, sent: true }))
        })
  })

/** Whoever left a stream before its end hears of nothing that comes then. */
const leftBehind = (cursor: RowCursor, place: Place): Effect.Effect<void> => {
  let late: unknown
  cursor.onLateError = (cause) => {
    late = cause
  }
  return Effect.suspend(() =>
    late === undefined
      ? Effect.void
      : Effect.logWarning(
          `A stream was left before its end, and its statement failed then: ${fromCause(late, { ...place, sent: true }).message}`
        )
  )
}

/** Closing waits for the server, which need not answer any more. */
const close = (
  connection: PgConnection,
  cursor: RowCursor,
  place: Place,
  isInterrupted: boolean
): Effect.Effect<void> => {
  const told = leftBehind(cursor, place)
  const closed = Effect.async<void>((resume) => {
    cursor.close(() => resume(Effect.void))
  })
  const drop = Effect.sync(() => connection.end.abandon("its cursor could not be closed"))
  return Effect.suspend(() => {
    if (!connection.isOpen() || cursor.isOver) return Effect.void
    if (isInterrupted) return connection.interruptTime.takeBack(closed, drop)
    return Effect.timeout(Effect.interruptible(closed), closeTimeout).pipe(
      Effect.catchAll(() => drop),
      Effect.zipRight(told)
    )
  })
}

const streaming = (connection: PgConnection) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      connection.isStreaming = true
    }),
    () =>
      Effect.sync(() => {
        connection.isStreaming = false
      })
  )

/** A procedure, say, commits as it goes. Inside a transaction it can't: a cursor takes no script. */
const judgedBy = (place: Place, { text }: Query): Told =>
  place.inTransaction ? place : { ...place, text }

/** The id can't be asked for behind a cursor. */
const announce = (transaction: OpenTransaction, { notifies }: KnownText): void => {
  transaction.id?.ran("FETCH")
  transaction.mayHaveNotified ||= notifies
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
      yield* streaming(connection)
      if (place.transaction !== undefined) announce(place.transaction, connection.known(query))
      const cursor = yield* Effect.acquireRelease(open(connection, query, place), (cursor, exit) =>
        close(connection, cursor, place, Exit.isInterrupted(exit))
      )
      const rows = Stream.repeatEffectChunkOption(read(connection, cursor, judgedBy(place, query)))
      // In a transaction of ours it is COMMIT that counts.
      if (place.transaction !== undefined) return rows
      return yield* countedRows({ connection, query }, rows)
    })
  )
