import type { EventEmitter } from "node:events"
import * as pg from "pg"

/** The part of `pg.Client` that its relatives share. */
interface DriverClient {
  readonly host: string
  readonly port: number
  readonly connection: EventEmitter & { readonly stream: unknown }
  connect(callback: (cause?: Error) => void): void
  query<S extends pg.Submittable>(statement: S): S
  end(callback: (cause: Error) => void): void
}

/**
 * A class with the interface of `pg.Client`, such as `Client` of `@neondatabase/serverless`. One is
 * made for each session, with the driver's configuration.
 */
export type Driver = new (config: pg.ClientConfig) => DriverClient

/** A driver with everything that is asked of it here. */
export type DriverClass = new (config: pg.ClientConfig) => pg.Client

const isStatus = (value: unknown): value is pg.TransactionStatus =>
  value === "I" || value === "T" || value === "E"

/** What failed, under the name by which errors keep their cause: a WebSocket tells it as an event. */
const unwrap = (event: unknown): void => {
  if (typeof event !== "object" || event === null || event instanceof Error) return
  const error: unknown = Reflect.get(event, "error")
  if (error !== undefined) Reflect.defineProperty(event, "cause", { value: error })
}

/** Nothing stays in it: an older client does not take out what the server has refused. */
const noNames = () => new Proxy({}, { set: () => true })

/**
 * Adds what clients lack that were built on an earlier `pg` than ours: the transaction's status and
 * the list of statements under way. What is there is left alone.
 */
export const complete = (client: pg.Client): void => {
  const { connection } = client
  if (typeof Reflect.get(client, "getTransactionStatus") === "function") return
  let status: pg.TransactionStatus = null
  // The one listener that a client that pipelines its login does not remove.
  connection.on("message", (message: { readonly name: string; readonly status?: unknown }) => {
    if (message.name === "readyForQuery" && isStatus(message.status)) status = message.status
  })
  connection.stream.on("error", unwrap)
  Reflect.set(client, "getTransactionStatus", () => status)
  Reflect.set(connection, "submittedNamedStatements", noNames())
}

const isClass = (driver: Driver): driver is DriverClass => typeof driver.prototype === "object"

/** The driver's class, completed. */
export const adapted = (driver: Driver): DriverClass => {
  if (!isClass(driver)) throw new TypeError("the driver must be a class like pg.Client")
  return class extends driver {
    constructor(config: pg.ClientConfig) {
      super(config)
      complete(this)
    }
  }
}

/** The class of which a pool makes its clients; the driver keeps it, but does not declare it. */
export const driverOf = (pool: pg.Pool): DriverClass => {
  const Client: unknown = Reflect.get(pool, "Client")
  const isDriver = (value: unknown): value is DriverClass => typeof value === "function"
  return isDriver(Client) ? adapted(Client) : pg.Client
}
