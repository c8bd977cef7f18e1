import { Duration, Effect, RcMap, type Scope } from "effect"
import type { LendingPool } from "../pool/Pool.ts"
import { type AuxiliaryDial, auxiliarySession } from "./auxiliarySession.ts"
import { fromPool, PgError } from "./failure/PgError.ts"
import type { PgConnection } from "./session/PgConnection.ts"
import { Mutex } from "./transaction/Mutex.ts"

/** The question had no answer in time: it says nothing about what was asked. */
export const unanswered = "Unanswered" as const

/**
 * The one connection beside the pool on which the server is asked about other sessions: what became
 * of a COMMIT, what a silent backend is doing. Opened for a question, kept for a second, and replaced
 * where it does not answer.
 */
export interface Auxiliary {
  /**
   * Asks one question, which must be answered within `patience` (default 2 s) once the connection is
   * there; the dial has a deadline of its own, since a database that was asleep may need longer.
   */
  readonly ask: <A>(
    question: (connection: PgConnection) => Effect.Effect<A, PgError>,
    patience?: Duration.Duration
  ) => Effect.Effect<A, PgError | typeof unanswered>
}

/** The second fault often follows the first; after that the connection is not kept. */
const idleTimeToLive = Duration.seconds(1)

/** A server that is there answers a few short statements at once. */
const answerTimeout = Duration.seconds(2)

const answeredWithin = <A>(
  patience: Duration.Duration,
  answer: Effect.Effect<A, PgError>
): Effect.Effect<A, PgError | typeof unanswered> =>
  Effect.timeoutFail(answer, { duration: patience, onTimeout: () => unanswered })

/** Many may ask at once. One after the other: who gives up cancels a question, and it must be theirs. */
const opened = (dial: AuxiliaryDial<PgConnection>) =>
  Effect.map(
    auxiliarySession(dial, () => undefined),
    (connection) => ({ connection, mutex: new Mutex() })
  )

/** Nothing is opened before the first question; the scope closes what is open. */
export const make = (
  dial: AuxiliaryDial<PgConnection>
): Effect.Effect<Auxiliary, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sessions = yield* RcMap.make({ lookup: (_: number) => opened(dial), idleTimeToLive })
    let newest = 0
    // The next question finds another session; this one ends with the last who asks on it.
    const replace = (number: number) =>
      Effect.suspend(() => {
        if (number === newest) newest += 1
        return RcMap.invalidate(sessions, number)
      })
    return {
      ask: (question, patience = answerTimeout) =>
        Effect.suspend(() => {
          const number = newest
          // Who only waited for its turn has learned nothing of the session.
          let isToReplace = true
          return RcMap.get(sessions, number).pipe(
            Effect.flatMap(({ connection, mutex }) => {
              isToReplace = false
              const inTurn = Effect.suspend(() => {
                isToReplace = true
                return question(connection)
              })
              return answeredWithin(patience, mutex.hold(inTurn))
            }),
            Effect.tapError(() => Effect.when(replace(number), () => isToReplace)),
            Effect.scoped
          )
        })
    }
  })

/** The server had no room for one connection more, or grants no more to this role. */
const isFull = (error: PgError | typeof unanswered): boolean =>
  error instanceof PgError && error.phase === "acquire" && error.reason._tag === "ResourceError"

/**
 * The same, but where the server has no room beside the pool, the question waits for its turn in it:
 * a pool as large as the server's limit takes the place of each connection that it loses.
 */
export const orPooled = ({ ask }: Auxiliary, pool: LendingPool<PgConnection>): Auxiliary => ({
  ask: (question, patience = answerTimeout) =>
    Effect.catchIf(ask(question, patience), isFull, () =>
      Effect.mapError(
        pool.use((connection) => answeredWithin(patience, question(connection))),
        (error) => (error === unanswered ? error : fromPool(error))
      )
    )
})
