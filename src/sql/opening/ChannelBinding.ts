import { Socket } from "node:net"
import * as pg from "pg"
import type { DriverClass } from "./Driver.ts"

const mechanism = "SCRAM-SHA-256-PLUS"

const refusal = (found: string): Error =>
  new Error(
    `SASL: channel_binding=require in the URL, but ${found}. Ask for TLS with sslmode=require; if it is on, something between here and the server ends it: trust that and leave the parameter out, or connect past it`
  )

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** The mechanism of the login under way; the driver keeps it, but does not declare it. */
const chosen = (client: pg.Client): string => {
  const session: unknown = Reflect.get(client, "saslSession")
  return typeof session === "object" && session !== null
    ? text(Reflect.get(session, "mechanism"))
    : ""
}

const offers = (message: unknown): ReadonlyArray<unknown> => {
  const names: unknown =
    typeof message === "object" && message !== null ? Reflect.get(message, "mechanisms") : undefined
  return Array.isArray(names) ? names : []
}

/** A WebSocket brings a TLS of its own, of which the login knows nothing. */
const hasOwnTransport = (client: pg.Client): boolean => {
  const isOnSocket = client.connection.stream instanceof Socket
  return !isOnSocket && !(client instanceof pg.Client)
}

/**
 * Ends a login that is not bound to the TLS channel, before the password or a proof of it is sent.
 * Call it before the client connects: its listeners must come before the driver's own.
 */
const watch = (client: pg.Client): void => {
  const { connection } = client
  let isBound = false
  const refuse = (found: string) => {
    if (hasOwnTransport(client)) return
    connection.emit("error", refusal(found))
    // The driver goes on with its answer, which now has nowhere to go.
    connection.stream.destroy()
  }
  connection.on("authenticationCleartextPassword", () => refuse("the server asked for a password"))
  connection.on("authenticationMD5Password", () => refuse("the server asked for an MD5 digest"))
  connection.on("authenticationSASL", (message: unknown) => {
    const names = offers(message)
    if (!names.includes(mechanism)) refuse(`the server offers only ${names.join(", ")}`)
  })
  connection.on("authenticationSASLFinal", () => {
    isBound = chosen(client) === mechanism
  })
  connection.on("authenticationOk", () => {
    if (!isBound) refuse("the server let the session in without it")
  })
}

/** The driver's client, with logins that are bound to the TLS channel or fail. */
export const bound = (Driver: DriverClass): DriverClass =>
  class extends Driver {
    constructor(config: pg.ClientConfig) {
      super(config)
      watch(this)
    }
  }
