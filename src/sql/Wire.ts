import { Exit } from "effect"
import type * as pg from "pg"
import { type Answer, type Epilogue, Exchange, type Query, type Route } from "./Exchange.ts"
import type { PgError, Phase, Progress } from "./PgError.ts"
import { PreparedStatements } from "./PreparedStatements.ts"
import type { TypeParsers } from "./RowShape.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { isNameLost, isStalePlan } from "./StalePlan.ts"
import { idStatement, type TransactionId } from "./TransactionId.ts"

/** Where a statement stands: it decides what a lost answer means. */
export interface Place {
  readonly phase: Phase
  /** In a transaction whose COMMIT has not been sent. */
  readonly inTransaction: boolean
  /** What is to be learned of that transaction's id on the way. */
  readonly id?: TransactionId | undefined
}

type Done = (exit: Exit.Exit<Answer, PgError>) => void

/** A text that comes a second time is likely to come again; a first time it may be the only one. */
const usesToPrepare = 2

/** The name is as good as any: only we give it, and it always means the same. */
const idName = "holdfast_transaction_id"

const commandsOf = (answer: Answer): ReadonlyArray<string> =>
  ("command" in answer ? [answer] : answer).map(({ command }) => command ?? "")

/** Sends statements over one session and keeps its prepared statements. */
export class Wire {
  /** Something between us and the server: names may get lost, and shapes may be another session's. */
  isProxied = true
  private readonly client: pg.Client
  private readonly settings: SessionSettings
  private readonly fail: (cause: unknown, progress: Progress) => PgError
  private readonly prepared: PreparedStatements
  private isIdPrepared = false
  private readonly parserOf: TypeParsers

  constructor(
    client: pg.Client,
    settings: SessionSettings,
    fail: (cause: unknown, progress: Progress) => PgError
  ) {
    this.client = client
    this.settings = settings
    this.fail = fail
    this.prepared = new PreparedStatements(settings.preparedStatements)
    this.parserOf = ({ dataTypeID }) => client.getTypeParser(dataTypeID)
  }

  /** A transaction is open, or has failed and waits for its ROLLBACK. */
  get isInTransaction(): boolean {
    const status = this.client.getTransactionStatus()
    return status === "T" || status === "E"
  }

  /**
   * Sends one statement and tells once what came of it. One that failed only because the session did
   * not hold it as prepared has not run, so outside a transaction it is sent again as it is.
   */
  send(query: Query, place: Place, done: Done, mayPrepare = true): void {
    const route = this.routeOf(query, place, mayPrepare)
    const exchange = new Exchange(query, route, this.parserOf, (cause, answer) => {
      if (cause === null) {
        this.succeeded(route, exchange, answer, place)
        return done(Exit.succeed(answer))
      }
      const { isSent } = exchange
      const error = this.fail(cause, { ...place, sent: isSent, text: query.text })
      // Only ReadyForQuery, which follows an error, tells whether a transaction is still open.
      this.whenReady(error.sqlState !== undefined && !error.endsSession, () =>
        this.wentStale(cause, route) && !this.isInTransaction
          ? this.send(query, place, done, false)
          : done(Exit.fail(error))
      )
    })
    this.client.query(exchange)
  }

  private routeOf({ isUnprepared, text, values }: Query, place: Place, mayPrepare: boolean): Route {
    const known = this.settings.texts.use(text)
    const epilogue = known.isRowStatement ? this.epilogue(place) : undefined
    const isToPrepare =
      mayPrepare && !isUnprepared && known.isRowStatement && known.uses >= usesToPrepare
    if (isToPrepare && this.keepsNames(place)) return this.preparedRoute(known.name, epilogue)
    const hasValues = values !== undefined && values.length > 0
    return { isSimple: !hasValues && epilogue === undefined, epilogue }
  }

  /** In a transaction behind a proxy a lost name would cost all of it, so none is relied on. */
  private keepsNames({ inTransaction }: Place): boolean {
    const { keepsNames, preparedStatements } = this.settings
    return preparedStatements > 0 && keepsNames && !(this.isProxied && inTransaction)
  }

  private preparedRoute(name: string, epilogue: Epilogue | undefined): Route {
    const prepared = this.prepared.use(name)
    return {
      isSimple: false,
      name,
      prepared,
      // Behind a pooler the statement may be another session's, from before its table was altered.
      isDescribed: prepared === undefined || this.isProxied,
      closes: prepared === undefined ? this.prepared.makeRoom() : undefined,
      epilogue
    }
  }

  private epilogue({ id }: Place): Epilogue | undefined {
    if (id === undefined || id.assigned !== undefined) return undefined
    const name = this.isProxied || this.settings.preparedStatements === 0 ? undefined : idName
    return { text: idStatement, name, isPrepared: this.isIdPrepared, onRow: id.learn }
  }

  private succeeded(route: Route, { shape }: Exchange, answer: Answer, { id }: Place): void {
    const { epilogue, name, prepared } = route
    if (name !== undefined && prepared === undefined) this.prepared.add(name, { shape })
    if (epilogue?.name !== undefined) this.isIdPrepared = true
    for (const command of commandsOf(answer)) {
      if (epilogue === undefined) id?.ran(command)
      if (command === "DISCARD" || command === "DEALLOCATE") this.forgetAll()
    }
  }

  private forgetAll(): void {
    this.prepared.clear()
    this.isIdPrepared = false
  }

  /** Whether it failed as a prepared statement only; if so, nothing is taken for prepared any more. */
  private wentStale(cause: unknown, { epilogue, name }: Route): boolean {
    const isIdLost = epilogue?.name !== undefined && isNameLost(cause, epilogue.name)
    if (!isIdLost && (name === undefined || !isStalePlan(cause, name))) return false
    if (this.isProxied && name !== undefined && isNameLost(cause, name)) {
      this.settings.keepsNames = false
    }
    this.forgetAll()
    return true
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
}
