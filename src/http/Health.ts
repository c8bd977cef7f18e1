import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { RetryAfterSeconds } from "../auth/RetryAfterSeconds.ts"

/** The service runs and answers. Says nothing about the database, and never asks it. */
export const Alive = Schema.Struct({ status: Schema.Literal("alive") }).annotations({
  identifier: "Alive",
  title: "Alive",
  description: "The service runs and answers."
})

/** The service wants requests. */
export const Ready = Schema.Struct({ status: Schema.Literal("ready") }).annotations({
  identifier: "Ready",
  title: "Ready",
  description: "The service wants requests."
})

const count = (description: string) => Schema.NonNegativeInt.annotations({ description })

/** The counters of the connection pool at the time of the check. */
export const PoolCounters = Schema.Struct({
  total: count("Connections that are open or being opened."),
  idle: count("Connections that nobody uses."),
  active: count("Connections in use."),
  waiting: count("Callers waiting for a connection."),
  max: count("The most connections that there may be."),
  retries: count("Dials and validations that failed since the start.")
}).annotations({
  identifier: "PoolCounters",
  title: "Pool counters",
  description: "The connection pool at the time of the check."
})

const checkedAt = Schema.DateTimeUtc.annotations({
  description: "When the database was asked. An answer is given out for one second."
})

/** The database answered a query. */
export const DatabaseUp = Schema.Struct({
  status: Schema.Literal("available"),
  checkedAt,
  pool: PoolCounters
}).annotations({
  identifier: "DatabaseUp",
  title: "Database up",
  description: "The database answered."
})

/** See the schema of the same name. */
export type DatabaseUp = typeof DatabaseUp.Type

/** The database did not answer. */
export class DatabaseDown extends Schema.TaggedError<DatabaseDown>()(
  "DatabaseDown",
  {
    message: Schema.String.annotations({
      description:
        "What kind of failure it is, for a person to read; the log and the dashboard say more."
    }),
    retryAfterSeconds: RetryAfterSeconds,
    checkedAt,
    pool: PoolCounters
  },
  HttpApiSchema.annotations({ status: 503, description: "The database did not answer." })
) {}
