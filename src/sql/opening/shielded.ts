import type { Duplex } from "node:stream"
import type * as pg from "pg"

type Attach = (stream: Duplex) => void
type Read = (chunk: Buffer) => void

const isFunction = (value: unknown): value is (...parameters: never) => void =>
  typeof value === "function"

const asError = (cause: unknown): Error =>
  cause instanceof Error ? cause : new Error(String(cause))

const guarded =
  (stream: Duplex, read: Read): Read =>
  (chunk) => {
    try {
      read(chunk)
    } catch (cause) {
      stream.destroy(asError(cause))
    }
  }

/** Listens as `attach` has it, but to nothing that throws. */
const attachGuarded = (attach: Attach, stream: Duplex): void => {
  const others = new Set(stream.listeners("data"))
  attach(stream)
  for (const read of stream.listeners("data")) {
    if (others.has(read)) continue
    stream.off("data", read as Read).on("data", guarded(stream, read as Read))
  }
}

/**
 * Has what the driver throws while it reads end the session. It reads in a listener of the socket,
 * where nobody catches it: a way to sign in that it does not know, as GSSAPI, would end the process.
 */
export const shielded = <C extends pg.Client>(client: C): C => {
  const { connection } = client
  // Not declared, and a relative of the driver may read in a way of its own.
  const attach: unknown = Reflect.get(connection, "attachListeners")
  if (isFunction(attach)) {
    const own = attach.bind(connection) as Attach
    Reflect.set(connection, "attachListeners", (stream: Duplex) => attachGuarded(own, stream))
  }
  return client
}
