import { Cause, Duration, Effect } from "effect"
import { undertaking } from "../../runtime/Undertaking.ts"
import { decided, type PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { InterruptTime } from "../session/InterruptTime.ts"
import { proof } from "../session/Introduction.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import type { TransactionId } from "../session/TransactionId.ts"
import type { Place } from "../session/Wire.ts"
import { Commitment } from "../statement/Commitment.ts"
import { stillStreaming } from "../statement/PgStream.ts"
import { current as replayedRun } from "../statement/ReplayedRun.ts"
import type { Doubt } from "./CommitFate.ts"
import type { TransactionSession } from "./TransactionSession.ts"

/** How long ROLLBACK may take before the session is dropped, which rolls back as well. */
const rollbackTimeout = Duration.seconds(5)

const commitQuery: Query = { text: "COMMIT", isUnprepared: true }

const commitPlace: Place = { phase: "commit", inTransaction: false }

/** Whoever replays the transaction has to count it from when it is sent. */
const sendCommit = (session: TransactionSession) =>
  Effect.withFiberRuntime<Answer, PgError>((fiber) => {
    const { connection, mayHaveWritten } = session
    const replayed = mayHaveWritten ? fiber.getFiberRef(replayedRun) : undefined
    const commitment = replayed === undefined ? undefined : new Commitment(replayed)
    session.commitment = commitment
    return undertaking<Answer, PgError>((resume) =>
      connection.send(
        commitQuery,
        commitPlace,
        commitment?.sending(resume) ?? resume,
        connection.limitOf(fiber)
      )
    )
  })

const sendRollback = (connection: PgConnection) =>
  connection.query(
    { text: "ROLLBACK", isUnprepared: true },
    { phase: "rollback", inTransaction: true }
  )

const wasRolledBack = () =>
  decided(new Error("a statement in it had failed, so COMMIT rolled it back"), {
    phase: "commit",
    outcome: "RolledBack"
  })

/** A transaction that failed inside answers COMMIT with the tag ROLLBACK, and without an error. */
const unlessRolledBack =
  (session: TransactionSession) =>
  (answer: Answer): Effect.Effect<void, PgError> => {
    if (!("command" in answer) || answer.command !== "ROLLBACK") return Effect.void
    session.commitment?.undone()
    return Effect.fail(wasRolledBack())
  }

/** One more statement, behind which the id is learned on the way as behind any other. */
const askForId = ({ connection, place }: TransactionSession) =>
  connection.query({ text: proof, isUnprepared: true }, place)

export const commit = (session: TransactionSession) =>
  Effect.suspend(() => {
    const { connection, id } = session
    if (connection.isStreaming) return Effect.fail(stillStreaming(commitPlace))
    const sent = Effect.flatMap(sendCommit(session), unlessRolledBack(session))
    // A failed transaction has no use for its id, and answers nothing but its end.
    return id?.isDoubtful && connection.transaction === "T"
      ? Effect.zipRight(askForId(session), sent)
      : sent
  })

/** A script in the body has sent COMMIT or ROLLBACK, or may have, so parts of it may stay. */
export const endedByHand = (): PgError =>
  decided(
    new Error(
      "a script in the transaction ended it, or may have: leave COMMIT and ROLLBACK to withTransaction"
    ),
    { phase: "commit", outcome: "Unknown" }
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

/** A session on which something may have to be taken back. */
export interface Droppable {
  readonly interruptTime: InterruptTime
  /** Ends it, which takes back what it has not committed. */
  readonly drop: Effect.Effect<void>
}

export const droppable = (connection: PgConnection): Droppable => ({
  interruptTime: connection.interruptTime,
  drop: Effect.sync(() => connection.end.abandon("its transaction could not be rolled back"))
})

/**
 * Takes something back, or else drops the session, which takes it back as well. Who was interrupted
 * does not wait for an answer that may never come; who is interrupted meanwhile interrupts this too.
 */
export const orDrop = (
  { drop, interruptTime }: Droppable,
  undo: Effect.Effect<unknown, unknown>,
  isInterrupted: boolean
): Effect.Effect<void> =>
  isInterrupted
    ? interruptTime.takeBack(undo, drop)
    : Effect.timeout(Effect.interruptible(undo), rollbackTimeout).pipe(
        Effect.catchAllCause(() => drop),
        Effect.asVoid
      )

export const rollback = (connection: PgConnection, isInterrupted: boolean): Effect.Effect<void> =>
  Effect.suspend(() => {
    const session = droppable(connection)
    // It has not begun, or has been ended by hand.
    if (connection.isUsable()) return Effect.void
    if (connection.isStreaming || !connection.isOpen()) return session.drop
    return orDrop(session, sendRollback(connection), isInterrupted)
  })

/** After an interrupted COMMIT nobody knows whether the session is in a transaction. */
export const orAbandon = <A, E>(
  connection: PgConnection,
  control: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.catchAllCause(control, (cause) => {
    if (Cause.isInterrupted(cause)) connection.end.abandon("its transaction was interrupted")
    return Effect.failCause(cause)
  })
