import type * as pg from "pg"
import { type Answer, complete, StatementResult } from "./Answer.ts"
import { copyRefused } from "./copyRefused.ts"
import type { Query } from "./Query.ts"
import { bytesOf, type Route } from "./Route.ts"
import { RowShape, type TypeParsers } from "./RowShape.ts"
import { UnreadableAnswer } from "./UnreadableAnswer.ts"

type Fields = ReadonlyArray<string | null>

/**
 * One statement on the wire, from its first byte to ReadyForQuery, in one write. The driver calls the
 * methods as the messages arrive, and `callback` is called once: with the answer, or with the error and
 * what a script had been answered before it.
 */
export class Exchange implements pg.Submittable {
  /** The driver may replace it, to watch over its own time limit; that one comes without an answer. */
  callback: (cause: unknown, answer?: Answer) => void
  /** Bytes of it may have reached the wire. */
  isSent = false
  /** A value of it could not be encoded. */
  isUnencodable = false
  /** How many bytes were written. */
  size = 0
  /** How its rows look, if it returned some or the session knew. */
  shape: RowShape | undefined
  private readonly query: Query
  private readonly route: Route
  private readonly parserOf: TypeParsers
  private results: ReadonlyArray<StatementResult> = []
  private current = new StatementResult()
  private isInEpilogue = false
  /** What is answered next is the BEGIN before it. */
  isAtBegin: boolean
  /** A value that could not be read; the driver still has to hear the answer to its end. */
  private unreadable: unknown

  constructor(
    query: Query,
    route: Route,
    parserOf: TypeParsers,
    callback: (cause: unknown, answer?: Answer) => void
  ) {
    this.query = query
    this.route = route
    this.parserOf = parserOf
    this.callback = callback
    this.isAtBegin = route.begins !== undefined
    this.shape = route.prepared?.shape
    if (this.shape !== undefined) this.current.fields = this.shape.fields
  }

  /** Writes it, once. Fails without having sent a byte if a value can't be encoded. */
  readonly submit = ({ stream }: pg.Connection): Error | null => {
    if (this.isSent) return null
    if (!stream.writable) return new Error("Connection terminated: its socket takes no more bytes")
    try {
      const bytes = bytesOf(this.query, this.route)
      this.isSent = true
      this.size = bytes.length
      stream.write(bytes)
      return null
    } catch (cause) {
      this.isUnencodable = true
      return cause instanceof Error ? cause : new Error(String(cause))
    }
  }

  handleRowDescription({ fields }: { readonly fields: Array<pg.FieldDef> }): void {
    this.shape = new RowShape(fields, this.parserOf)
    this.next().fields = fields
  }

  handleDataRow({ fields }: { readonly fields: Fields }): void {
    if (this.isInEpilogue) this.route.epilogue?.id.learn(fields)
    if (this.isInEpilogue || this.unreadable !== undefined || this.shape === undefined) return
    try {
      const isArray = this.query.rowMode === "array"
      this.current.rows.push(isArray ? this.shape.array(fields) : this.shape.object(fields))
    } catch (cause) {
      this.unreadable = cause
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.isInEpilogue) return
    if (this.isAtBegin) {
      this.isAtBegin = false
      if (this.route.begins !== undefined) this.route.begins.hasBegun = true
      return
    }
    complete(this.next(), text)
    this.handleEmptyQuery()
  }

  handleEmptyQuery(): void {
    this.isInEpilogue = this.route.epilogue !== undefined
  }

  handleReadyForQuery(): void {
    const { current, results, unreadable } = this
    const failure = unreadable === undefined ? null : new UnreadableAnswer(unreadable)
    this.callback(failure, results.length === 0 ? current : [...results, current])
  }

  handleError(cause: unknown): void {
    const { current, results } = this
    this.callback(cause, current.command === null ? results : [...results, current])
  }

  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(copyRefused)
  }

  handleCopyData(): void {}

  /** The result to fill: a new one if the last one is complete. */
  private next(): StatementResult {
    if (this.current.command !== null) {
      this.results = [...this.results, this.current]
      this.current = new StatementResult()
    }
    return this.current
  }
}
