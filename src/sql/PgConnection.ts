import { Duration, Effect, Option } from "effect"
import * as pg from "pg"
import Cursor from "pg-cursor"
import type { Connection, Loss } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import { cancelKeyOf, sendCancelRequest } from "./CancelRequest.ts"
import { fromCause, type PgError, type Phase, type Progress } from "./PgError.ts"
import { Signal } from "./Signal.ts"
import { classify, describe } from "./SqlState.ts"
import { current as statementTimeout } from "./statementTimeout.ts"

/** A statement as the driver takes it. `rowMode: "array"` gives rows as arrays of values. */
export interface Query {
  readonly text: string
  readonly values?: ReadonlyArray<unknown>
  readonly rowMode?: "array"
}

/** What the driver answers; several statements in one text answer with a list. */
export type Answer = pg.QueryResult | ReadonlyArray<pg.QueryResult>

/** Where a statement stands: it decides what a lost answer means. */
export interface Place {
  readonly phase: Phase
  /** In a transaction whose COMMIT has not been sent. */
  readonly inTransaction: boolean
}

const destroy = (client: pg.Client) => client.connection.stream.destroy()

/** "T" is a transaction, "E" one that has failed; null, before the first answer, is neither. */
const isWithin = (status: pg.TransactionStatus): boolean => status === "T" || status === "E"

const connectError = (cause: unknown): ConnectError => {
  const { isFatalToConnect, provesRestart } = classify(cause)
  return new ConnectError({
    message: describe(cause),
    isFatal: isFatalToConnect,
    provesRestart,
    cause
  })
}

/** An interrupt returns within 100 ms whatever the network does; this leaves room to act on it. */
const cancelTimeout = Duration.millis(80)

/** The client's own verdict on a statement, under the code by which the table knows it. */
class StatementTimeout extends Error {
  readonly code = "ESTATEMENTTIMEOUT"
  constructor(limit: Duration.Duration) {
    super(`no answer within the statement timeout of ${Duration.format(limit)}`)
  }
}

/** One session with a Postgres server, through one `pg.Client`. */
export class PgConnection implements Connection {
  readonly client: pg.Client
  private loss: Loss | undefined
  private readonly config: pg.ClientConfig
  private readonly onLoss: (loss: Loss) => void

  private constructor(client: pg.Client, config: pg.ClientConfig, onLoss: (loss: Loss) => void) {
    this.client = client
    this.config = config
    this.onLoss = onLoss
    // The driver emits these for as long as the socket lives, more than once; without a listener
    // the first would end the process.
    client.on("error", (error) => this.lose(error))
    client.on("end", () => this.lose(new Error("Connection terminated by the server")))
  }

  /** Opens a session. Interrupting it drops the socket. */
  static readonly connect = (
    config: pg.ClientConfig,
    onLoss: (loss: Loss) => void
  ): Effect.Effect<PgConnection, ConnectError> =>
    Effect.flatMap(
      Effect.try({ try: () => new pg.Client(config), catch: connectError }),
      (client) =>
        Effect.async((resume) => {
          const connection = new PgConnection(client, config, onLoss)
          client.connect((cause: unknown) => {
            if (cause) {
              destroy(client)
              resume(Effect.fail(connectError(cause)))
            } else {
              resume(Effect.sync(() => connection.watch()))
            }
          })
          return Effect.sync(() => destroy(client))
        })
    )

  /**
   * Takes a session out of somebody else's pool. It never goes back to be lent there: when ours is
   * done with it, it ends.
   */
  static readonly fromPool = (
    pool: pg.Pool,
    onLoss: (loss: Loss) => void
  ): Effect.Effect<PgConnection, ConnectError> =>
    Effect.async((resume) => {
      let isWanted = true
      let taken: PgConnection | undefined
      pool.connect((cause, client, release) => {
        if (client === undefined) return resume(Effect.fail(connectError(cause)))
        if (!isWanted) return release()
        client.once("end", () => release(true))
        // Now, not when the fiber goes on: from here on nobody else hears the client's errors.
        taken = new PgConnection(client, pool.options, onLoss).watch()
        resume(Effect.succeed(taken))
      })
      return Effect.sync(() => {
        isWanted = false
        taken?.abandon("nobody wanted it any more")
      })
    })

  /**
   * Learns of the end of the stream when it arrives. The driver tells of it only once the socket is
   * closed, a turn of the event loop later, when the connection may have been lent.
   */
  private watch(): this {
    this.client.connection.stream.once("end", () =>
      this.lose(new Error("Connection terminated by the server"))
    )
    return this
  }

  /** One statement at a time, where several fibers share the session. */
  readonly turn = Effect.unsafeMakeSemaphore(1)

  /**
   * Also false inside a transaction: one that was begun by hand and never ended would go on under
   * the next borrower.
   */
  readonly isUsable = (): boolean => this.isOpen() && !isWithin(this.client.getTransactionStatus())

  /** The session has not ended, as far as is known. */
  readonly isOpen = (): boolean => this.loss === undefined

  readonly validate: Effect.Effect<void, Loss> = Effect.suspend(() =>
    Effect.mapError(
      this.query({ text: "SELECT 1" }, { phase: "statement", inTransaction: false }),
      ({ cause }) => this.loss ?? { message: describe(cause), provesRestart: false }
    )
  )

  readonly close: Effect.Effect<void> = Effect.async((resume) => {
    if (this.loss !== undefined) {
      destroy(this.client)
      return resume(Effect.void)
    }
    this.loss = { message: "closed by the pool", provesRestart: false }
    this.client.end(() => resume(Effect.void))
    return Effect.sync(() => destroy(this.client))
  })

  /**
   * Runs one statement, within the fiber's statement timeout if it has one. Interrupting it cancels
   * the statement; the connection is kept if the server confirms that in time, else dropped.
   */
  query(query: Query, place: Place): Effect.Effect<Answer, PgError> {
    return Effect.withFiberRuntime((fiber) => {
      const limit = fiber.getFiberRef(statementTimeout)
      return Option.isNone(limit)
        ? this.send(query, place)
        : Effect.timeoutFail(Effect.interruptible(this.send(query, place)), {
            duration: limit.value,
            onTimeout: () => {
              this.abandon("its statement timed out")
              return fromCause(new StatementTimeout(limit.value), { ...place, sent: true })
            }
          })
    })
  }

  private send(query: Query, place: Place): Effect.Effect<Answer, PgError> {
    return Effect.async((resume) => {
      let sent = false
      if (this.loss !== undefined) {
        // The driver may not know yet that the socket is gone, and would write into it.
        const gone = new Error(`Connection terminated: ${this.loss.message}`)
        return resume(Effect.fail(fromCause(gone, { ...place, sent })))
      }
      const answered = new Signal()
      const submittable = this.submittable(query, (cause, answer) => {
        answered.give()
        if (!cause) return resume(Effect.succeed(answer))
        const error = this.fail(cause, { ...place, sent, text: query.text })
        // Only ReadyForQuery, which follows an error, tells whether a transaction is still open.
        this.whenReady(error.sqlState !== undefined && !error.endsSession, () =>
          resume(Effect.fail(error))
        )
      })
      const submit: (connection: pg.Connection) => unknown = submittable.submit
      submittable.submit = (connection) => {
        // What fails while it is being submitted is a value that the driver can't encode: at most a
        // Parse was sent, and nothing ran.
        const refusal = submit.call(submittable, connection)
        sent = !(refusal instanceof Error)
        return refusal
      }
      this.client.query(submittable)
      return this.cancel(answered.given)
    })
  }

  /** Calls back at the next ReadyForQuery or at the end of the session; at once if not to wait. */
  private whenReady(isToWait: boolean, callback: () => void): void {
    const { client } = this
    const ready = () => {
      client.connection.off("readyForQuery", ready)
      client.off("end", ready)
      callback()
    }
    if (isToWait) {
      client.connection.once("readyForQuery", ready)
      client.once("end", ready)
    } else {
      ready()
    }
  }

  /**
   * Cancels the statement under way. The connection is kept only if the statement was answered and
   * the server is done with the request: a request still on its way could hit the next statement.
   */
  private cancel(answered: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const dropped = Effect.sync(() => this.abandon("its statement was interrupted"))
      const { client, config } = this
      const key = cancelKeyOf(client)
      if (key === undefined || !this.isOpen()) return dropped
      return Effect.zip(sendCancelRequest({ client, config, key }), answered, {
        concurrent: true
      }).pipe(
        Effect.interruptible,
        Effect.timeout(cancelTimeout),
        Effect.catchAll(() => dropped),
        Effect.asVoid
      )
    })
  }

  /** Opens a cursor for a statement. Close it, or drop the connection, before the next statement. */
  cursor({ text, values }: Query): Cursor<object> {
    return this.client.query(new Cursor<object>(text, values && [...values]))
  }

  /** The error for a failure of a statement, which may be the end of the session too. */
  fail(cause: unknown, progress: Progress): PgError {
    const error = fromCause(cause, progress)
    if (error.endsSession) this.lose(cause)
    return error
  }

  /** Drops a connection whose session is in a state that nobody knows. */
  abandon(message: string): void {
    // Decided here, so it is no loss that anybody needs to be told of.
    this.loss ??= { message, provesRestart: false }
    destroy(this.client)
  }

  private submittable(
    { rowMode, text, values }: Query,
    callback: (cause: unknown, answer: Answer) => void
  ): pg.Query {
    const parameters = values && [...values]
    if (rowMode === undefined) return new pg.Query(text, parameters, callback)
    const asArrays: pg.QueryArrayConfig = { text, rowMode }
    return new pg.Query(asArrays, parameters, callback)
  }

  private lose(cause: unknown): void {
    if (this.loss !== undefined) return
    this.loss = { message: describe(cause), provesRestart: classify(cause).provesRestart }
    this.onLoss(this.loss)
  }
}
