import * as pg from "pg"

/** Sees on which session of a client a statement ran, by one of its values. */
export interface Witness {
  readonly driver: typeof pg.Client
  /** Whether the last session that ran a statement with this value is still open, if one did. */
  readonly isKept: (value: string) => boolean | undefined
  /** Calls back when a statement with this value is first sent, until it is forgotten. */
  readonly whenSent: (value: string, callback: () => void) => void
  readonly forget: (value: string) => void
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

/** The driver is given a cursor, which has its values, or a statement that has a query. */
const valuesOf = (submitted: unknown): ReadonlyArray<unknown> => {
  const values = field(field(submitted, "query"), "values") ?? field(submitted, "values")
  return Array.isArray(values) ? values : []
}

/** A driver that is watched: give each client its own. */
export const makeWitness = (): Witness => {
  const seen = new Map<unknown, pg.Client>()
  const awaited = new Map<unknown, () => void>()
  class Watched extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const query = this.query
      Reflect.set(this, "query", (...submitted: ReadonlyArray<unknown>) => {
        for (const value of valuesOf(submitted[0])) {
          seen.set(value, this)
          awaited.get(value)?.()
        }
        return Reflect.apply(query, this, submitted)
      })
    }
  }
  return {
    driver: Watched,
    isKept: (value) => {
      const client = seen.get(value)
      return client && !client.connection.stream.destroyed
    },
    whenSent: (value, callback) => void awaited.set(value, callback),
    forget: (value) => {
      seen.delete(value)
      awaited.delete(value)
    }
  }
}
