import { Duration, Effect } from "effect"
import type { Doubt } from "./CommitFate.ts"
import type { Answer } from "./Exchange.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromCause, type PgError } from "./PgError.ts"
import { idStatement, type TransactionId } from "./TransactionId.ts"
import type { Place } from "./Wire.ts"

/** How long ROLLBACK may take before the session is dropped, which rolls back as well. */
const rollbackTimeout = Duration.seconds(5)

const control = (text: string, place: Place) => (connection: PgConnection) =>
  connection.query({ text, isUnprepared: true }, place)

/** Nothing of a transaction has run before its BEGIN is answered. */
export const begin = control("BEGIN", { phase: "begin", inTransaction: true })

const sendCommit = control("COMMIT", { phase: "commit", inTransaction: false })

const sendRollback = control("ROLLBACK", { phase: "rollback", inTransaction: true })

/** A transaction that failed inside answers COMMIT with the tag ROLLBACK, and without an error. */
const committed = (answer: Answer): Effect.Effect<void, PgError> =>
  "command" in answer && answer.command === "ROLLBACK"
    ? Effect.fail(
        fromCause(new Error("a statement in it had failed, so COMMIT rolled it back"), {
          phase: "commit",
          sent: true,
          inTransaction: true
        })
      )
    : Effect.void

/** Only now can no id be learned on the way any more. */
const askForId = (connection: PgConnection, id: TransactionId) =>
  Effect.map(
    connection.query(
      { text: idStatement, rowMode: "array", isUnprepared: true },
      { phase: "statement", inTransaction: true }
    ),
    (answer) => "rows" in answer && id.learn(answer.rows[0] ?? [])
  )

export const commit = (connection: PgConnection, id: TransactionId | undefined) =>
  Effect.flatMap(
    Effect.zipRight(
      id?.isDoubtful ? askForId(connection, id) : Effect.void,
      sendCommit(connection)
    ),
    committed
  )

/** What can be asked about a COMMIT that failed, if its outcome is in doubt. */
export const doubtOf = (
  { about: { server } }: PgConnection,
  id: TransactionId | undefined,
  { outcome }: PgError
): Doubt | undefined =>
  outcome === "Unknown" && server !== undefined && id?.assigned !== undefined
    ? { id: id.assigned, server }
    : undefined

/** Takes something back, or else drops the session, which takes it back as well. */
export const orDrop = <A, E>(
  drop: Effect.Effect<void>,
  undo: Effect.Effect<A, E>
): Effect.Effect<void> =>
  Effect.interruptible(undo).pipe(
    Effect.timeout(rollbackTimeout),
    Effect.catchAll(() => drop)
  )

export const rollback = (connection: PgConnection): Effect.Effect<void> =>
  orDrop(
    Effect.sync(() => connection.abandon("its transaction could not be rolled back")),
    sendRollback(connection)
  )

/** After an interrupted BEGIN or COMMIT nobody knows whether the session is in a transaction. */
export const dropIfInterrupted = <A, E>(
  connection: PgConnection,
  control: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.onInterrupt(control, () =>
    Effect.sync(() => connection.abandon("its transaction was interrupted"))
  )
