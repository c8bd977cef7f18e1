import { Exit } from "effect"
import type * as pg from "pg"
import { instantOf } from "../../runtime/Instant.ts"
import { isNameLost, isOutdatedPlan, mayBeOfTypes } from "../failure/OutdatedPlan.ts"
import type { PgError, Phase, Progress } from "../failure/PgError.ts"
import type { Answer } from "./Answer.ts"
import { Exchange } from "./Exchange.ts"
import { Exchanges } from "./Exchanges.ts"
import type { KnownText } from "./KnownTexts.ts"
import { PreparedStatements } from "./PreparedStatements.ts"
import type { Query } from "./Query.ts"
import type { Beginning, Epilogue, Route } from "./Route.ts"
import type { TypeParsers } from "./RowShape.ts"
import { isScriptedEnd } from "./ScriptedEnd.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { idStatement, pooledIdStatement, type TransactionId } from "./TransactionId.ts"
import { UnreadableAnswer } from "./UnreadableAnswer.ts"

/** Where a statement stands: it decides what a lost answer means. */
export interface Place {
  readonly phase: Phase
  /** In a transaction whose COMMIT has not been sent. */
  readonly inTransaction: boolean
  /** The transaction, where it is our own. */
  readonly transaction?: OpenTransaction
}

/** A statement of the client's own, outside any transaction. */
export const outside: Place = { phase: "statement", inTransaction: false }

/** A transaction of `withTransaction`. */
export interface OpenTransaction extends Beginning {
  /** A script has committed it, or rolled it back. */
  wasEnded: boolean
  /** A script that may end it, from when it is sent until it is answered. */
  script: string | undefined
  /** Something in it has notified, or may have, which gives it no id. */
  mayHaveNotified: boolean
  /** What is to be learned of its id on the way. */
  readonly id: TransactionId | undefined
}

type Done = (exit: Exit.Exit<Answer, PgError>) => void

/** A text that comes a second time is likely to come again; a first time it may be the only one. */
const usesToPrepare = 2

/** The name is as good as any: only we give it, and it always means the same. */
const idName = "holdfast_transaction_id"

/** What may change how the rows of a prepared statement look, or what they are. */
const alters = /^(ALTER|CREATE|DROP|DO|CALL)$/

const commandsOf = (answer: Answer): ReadonlyArray<string> =>
  ("command" in answer ? [answer] : answer).map(({ command }) => command ?? "")

/** What is known of a transaction's statement before it is answered. */
const announce = (transaction: OpenTransaction, known: KnownText, { text }: Query): void => {
  transaction.mayHaveNotified ||= known.notifies
  if (known.isEndingScript) transaction.script = text
}

/** The transaction that is still to begin, with this statement. */
const beginning = ({ transaction }: Place): OpenTransaction | undefined =>
  transaction?.hasBegun === false ? transaction : undefined

/**
 * Sends statements over one session and keeps its prepared statements. They may be sent before those
 * before them are answered: the server takes them in order, each a transaction of its own.
 */
export class Wire {
  /** Something between us and the server: names may get lost, and shapes may be another session's. */
  isProxied = true
  private readonly client: pg.Client
  private readonly settings: SessionSettings
  private readonly fail: (cause: unknown, progress: Progress) => PgError
  private readonly prepared: PreparedStatements
  private isIdPrepared = false
  private underWay = 0
  private readonly exchanges: Exchanges
  /** How many bytes the last statement was. */
  sentBytes = 0
  /** Something in the open transaction may have altered what is prepared. */
  private mayHaveAltered = false
  private readonly parserOf: TypeParsers

  constructor(
    client: pg.Client,
    settings: SessionSettings,
    fail: (cause: unknown, progress: Progress) => PgError
  ) {
    this.client = client
    this.settings = settings
    this.fail = fail
    this.exchanges = new Exchanges(client)
    this.prepared =
      settings.prepared.get(client) ?? new PreparedStatements(settings.preparedStatements)
    settings.prepared.set(client, this.prepared)
    this.parserOf = ({ dataTypeID }) => client.getTypeParser(dataTypeID)
  }

  /** A transaction is open, or has failed and waits for its ROLLBACK. */
  get isInTransaction(): boolean {
    const status = this.client.getTransactionStatus()
    return status === "T" || status === "E"
  }

  /** Nothing is under way on the session, as far as was sent from here. */
  get isQuiet(): boolean {
    return this.underWay === 0
  }

  /**
   * Sends one statement and tells once what came of it. One that failed only because the session did
   * not hold it as prepared is undone, so outside a transaction it is sent again as it is.
   */
  send(query: Query, place: Place, done: Done, mayPrepare = true): void {
    const known = this.settings.texts.use(query.text)
    const route = this.routeOf(known, query, place, mayPrepare)
    const { transaction } = place
    if (transaction !== undefined) announce(transaction, known, query)
    const exchange = new Exchange(query, route, this.parserOf, (cause, answer = []) => {
      const isExecuted = cause === null || cause instanceof UnreadableAnswer
      if (isExecuted) this.executed(route, exchange, answer, transaction)
      if (cause === null) {
        this.exchanges.over(exchange)
        return this.settle(done, Exit.succeed(answer))
      }
      const { isAtBegin, isSent, isUnencodable } = exchange
      const phase = isAtBegin && !isUnencodable ? "begin" : place.phase
      const isOutdated = this.isNowOutdated(cause, route)
      // Also in one that was begun by hand: what was executed there is still to be committed.
      const inTransaction = place.inTransaction || (isExecuted && this.isInTransaction)
      const progress = {
        ...place,
        phase,
        inTransaction,
        sent: isSent,
        isExecuted,
        isOutdated,
        text: query.text
      }
      const error = this.fail(cause, progress)
      // Only ReadyForQuery, which follows an error, tells whether a transaction is still open.
      this.whenReady(error.sqlState !== undefined && !error.endsSession, (isReady) => {
        if (error.endsSession) this.exchanges.lost(exchange)
        else this.exchanges.over(exchange)
        if (isReady || !isSent) this.failed(transaction, answer)
        if (!isOutdated || this.isInTransaction) return this.settle(done, Exit.fail(error))
        this.underWay -= 1
        this.send(query, place, done, false)
      })
    })
    this.underWay += 1
    this.exchanges.send(exchange)
    this.sentBytes = exchange.size
  }

  /** Its statement has been answered to the end: what that one leaves of the transaction is seen now. */
  private answered(transaction: OpenTransaction, commands: ReadonlyArray<string>): void {
    const { script = "" } = transaction
    transaction.script = undefined
    transaction.wasEnded ||= !this.isInTransaction || isScriptedEnd(commands, script)
  }

  /** Only a script ends its transaction by failing: of others a proxy says so that has lost its server. */
  private failed(transaction: OpenTransaction | undefined, answer: Answer): void {
    if (transaction?.script !== undefined) this.answered(transaction, commandsOf(answer))
  }

  private settle(done: Done, exit: Exit.Exit<Answer, PgError>): void {
    this.underWay -= 1
    done(exit)
  }

  private routeOf(
    known: KnownText,
    { isUnprepared, values }: Query,
    place: Place,
    mayPrepare: boolean
  ): Route {
    const hasValues = values !== undefined && values.length > 0
    if (!known.isRowStatement) return { isSimple: !hasValues }
    const company = { begins: beginning(place), epilogue: this.epilogue(place) }
    const isToPrepare = mayPrepare && !isUnprepared && known.uses >= usesToPrepare
    if (isToPrepare && this.keepsNames(place)) return this.preparedRoute(known.name, company)
    const isAlone = company.begins === undefined && company.epilogue === undefined
    return { isSimple: !hasValues && isAlone, ...company }
  }

  /**
   * In a transaction a name that is lost, or whose table was altered, would cost all of it. So none
   * is relied on there behind a proxy, nor after a statement of the same transaction that may alter.
   */
  private keepsNames({ inTransaction }: Place): boolean {
    const { keepsNames, preparedStatements } = this.settings
    const isRisky = inTransaction && (this.isProxied || this.mayHaveAltered)
    return preparedStatements > 0 && keepsNames && !isRisky
  }

  private preparedRoute(name: string, company: Pick<Route, "begins" | "epilogue">): Route {
    const prepared = this.prepared.use(name, this.now)
    if (prepared === undefined) this.prepared.begin(name)
    return {
      isSimple: false,
      name,
      prepared,
      // Behind a pooler the statement may be another session's, from before its table was altered.
      isDescribed: prepared === undefined || this.isProxied,
      closes: this.prepared.takeOwed(),
      ...company
    }
  }

  private get now(): number {
    return instantOf(this.settings.clock)
  }

  private epilogue({ transaction }: Place): Epilogue | undefined {
    const id = transaction?.id
    if (id === undefined || id.assigned !== undefined) return undefined
    const name = this.isProxied || this.settings.preparedStatements === 0 ? undefined : idName
    const text = this.isProxied ? pooledIdStatement : idStatement
    return { text, name, isPrepared: this.isIdPrepared, id }
  }

  private executed(
    route: Route,
    { shape }: Exchange,
    answer: Answer,
    transaction: OpenTransaction | undefined
  ): void {
    const { epilogue, name, prepared } = route
    if (name !== undefined && prepared === undefined) this.prepared.done(name, { shape }, this.now)
    if (epilogue?.name !== undefined) this.isIdPrepared = true
    const commands = commandsOf(answer)
    for (const command of commands) {
      if (epilogue === undefined) transaction?.id?.ran(command)
      if (command === "DISCARD" || command === "DEALLOCATE") this.forgetAll()
    }
    if (transaction !== undefined) this.answered(transaction, commands)
    this.mayHaveAltered =
      this.isInTransaction &&
      (this.mayHaveAltered || commands.some((command) => alters.test(command)))
  }

  private forgetAll(): void {
    this.prepared.clear()
    this.isIdPrepared = false
  }

  /** Whether it may have failed only because it was prepared; if so, it is prepared anew. */
  private isNowOutdated(cause: unknown, { epilogue, name, prepared }: Route): boolean {
    if (epilogue?.name !== undefined && isNameLost(cause, epilogue.name)) {
      this.isIdPrepared = false
      this.prepared.doubtAll()
      return true
    }
    if (name === undefined) return false
    const isLost = isNameLost(cause, name)
    if (isLost) this.prepared.doubtAll()
    if (isLost && this.isProxied) this.settings.keepsNames = false
    const isOutdated =
      isLost || isOutdatedPlan(cause) || (prepared !== undefined && mayBeOfTypes(cause))
    if (isOutdated) this.prepared.doubt(name)
    return isOutdated
  }

  /**
   * Calls back at the next ReadyForQuery, or without it at the end of the session; at once if not to wait.
   */
  private whenReady(isToWait: boolean, callback: (isReady: boolean) => void): void {
    const { client } = this
    const settle = (isReady: boolean) => {
      client.connection.off("readyForQuery", ready)
      client.off("end", ended)
      callback(isReady)
    }
    const ready = () => settle(true)
    const ended = () => settle(false)
    if (isToWait) {
      client.connection.once("readyForQuery", ready)
      client.once("end", ended)
    } else {
      callback(false)
    }
  }
}
