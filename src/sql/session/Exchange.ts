import type * as pg from "pg"
import { prepareValue } from "pg/lib/utils.js"
import { serialize } from "pg-protocol"
import type { Prepared } from "./PreparedStatements.ts"
import { RowShape, type TypeParsers } from "./RowShape.ts"
import { UnreadableAnswer } from "./UnreadableAnswer.ts"

/** What the driver answers; several statements in one text answer with a list. */
export type Answer = StatementResult | ReadonlyArray<StatementResult>

/** How one statement travels. */
export interface Route {
  /** The text as it is, perhaps several statements; else one statement with its values apart. */
  readonly isSimple: boolean
  /** Prepares it under this name, unless `prepared` says that the session has. */
  readonly name?: string | undefined
  readonly prepared?: Prepared | undefined
  /** Asks how the rows look, although it may be known. */
  readonly isDescribed?: boolean
  /** Prepared statements that the session need not hold any more. */
  readonly closes?: ReadonlyArray<string>
  /** The transaction whose BEGIN goes before it, in the same round trip. */
  readonly begins?: Beginning | undefined
  /** A second statement, answered in the same round trip. */
  readonly epilogue?: Epilogue | undefined
}

/** A transaction that may not have begun yet. */
export interface Beginning {
  /** Its BEGIN has been answered. */
  hasBegun: boolean
}

/** A statement without values behind another one; it runs only if that one succeeds. */
export interface Epilogue {
  readonly text: string
  readonly name?: string | undefined
  readonly isPrepared: boolean
  /** Takes its row. */
  readonly id: { readonly learn: (row: ReadonlyArray<string | null>) => void }
}

/** One statement, and in which form its rows are wanted. */
export interface Query {
  readonly text: string
  readonly values?: ReadonlyArray<unknown> | undefined
  /** `"array"` gives rows as arrays of values. */
  readonly rowMode?: "array" | undefined
  /** It is not worth a prepared statement. */
  readonly isUnprepared?: boolean
}

type Fields = ReadonlyArray<string | null>

/** As the driver's: what the server did not tell is null. */
class StatementResult {
  command: string | null = null
  rowCount: number | null = null
  oid: number | null = null
  rows: pg.QueryResult["rows"] = []
  fields: Array<pg.FieldDef> = []
}

/** "INSERT 0 1": the command, for INSERT the number of an object of old, and the rows. */
const tag = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/

const complete = (result: StatementResult, text: string): void => {
  const [, command, first, second] = tag.exec(text) ?? []
  result.command = command ?? null
  if (second !== undefined) result.oid = Number(first)
  const rows = second ?? first
  if (rows !== undefined) result.rowCount = Number(rows)
}

const parsed = (text: string, name?: string): ReadonlyArray<Buffer> =>
  name === undefined
    ? [serialize.parse({ text })]
    : // Closing what does not exist is no error, and what does must not be in the way.
      [serialize.close({ type: "S", name }), serialize.parse({ text, name })]

// Written out: spreading the optional name costs as much as encoding the message.
const bound = (statement: string | undefined, values: ReadonlyArray<unknown> = []): Buffer => {
  const copy = values.slice()
  return statement === undefined
    ? serialize.bind({ values: copy, valueMapper: prepareValue })
    : serialize.bind({ statement, values: copy, valueMapper: prepareValue })
}

const describe = serialize.describe({ type: "P" })
const execute = serialize.execute()
const sync = serialize.sync()

// Most statements end in one of these: one copy instead of three.
const executeSync = Buffer.concat([execute, sync])
const describeExecuteSync = Buffer.concat([describe, executeSync])

const begin = Buffer.concat([...parsed("BEGIN"), bound(undefined), execute])

const epilogueBytes = ({ isPrepared, name, text }: Epilogue): ReadonlyArray<Buffer> => [
  ...(isPrepared ? [] : parsed(text, name)),
  bound(name),
  execute
]

/**
 * One statement on the wire, from its first byte to ReadyForQuery, in one write. The driver calls the
 * methods as the messages arrive, and `callback` is called once: with the error or the answer.
 */
export class Exchange implements pg.Submittable {
  /** The driver may replace it, to watch over its own time limit. */
  callback: (cause: unknown, answer: Answer) => void
  /** Bytes of it may have reached the wire. */
  isSent = false
  /** A value of it could not be encoded. */
  isUnencodable = false
  /** How many bytes that is. */
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
    callback: (cause: unknown, answer: Answer) => void
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
      const bytes = this.bytes()
      this.isSent = true
      this.size = bytes.length
      stream.write(bytes)
      return null
    } catch (cause) {
      this.isUnencodable = true
      return cause instanceof Error ? cause : new Error(String(cause))
    }
  }

  private bytes(): Buffer {
    const { begins, closes = [], epilogue, isDescribed, isSimple, name, prepared } = this.route
    const { text, values } = this.query
    if (isSimple) return serialize.query(text)
    const parts = closes.map((name) => serialize.close({ type: "S", name }))
    if (begins !== undefined) parts.push(begin)
    if (prepared === undefined) parts.push(...parsed(text, name))
    parts.push(bound(name, values))
    if (epilogue === undefined) {
      parts.push(isDescribed || prepared === undefined ? describeExecuteSync : executeSync)
    } else {
      if (isDescribed || prepared === undefined) parts.push(describe)
      parts.push(execute, ...epilogueBytes(epilogue), sync)
    }
    return Buffer.concat(parts)
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
    this.callback(cause, [])
  }

  /** COPY ... FROM STDIN has no place in an answer; without this the server would wait for ever. */
  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(serialize.copyFail("COPY from the client is not supported here"))
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
