import { prepareValue } from "pg/lib/utils.js"
import { serialize } from "pg-protocol"
import type { Prepared } from "./PreparedStatements.ts"
import type { Query } from "./Query.ts"

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

/** All that is sent for one statement, in one piece. Throws if a value can't be encoded. */
export const bytesOf = ({ text, values }: Query, route: Route): Buffer => {
  const { begins, closes = [], epilogue, isDescribed, isSimple, name, prepared } = route
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
