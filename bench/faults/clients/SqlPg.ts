import { SqlClient } from "@effect/sql/SqlClient"
import { PgClient } from "@effect/sql-pg"
import { Effect, ManagedRuntime, Redacted, Schedule } from "effect"
import { maxConnections, type Open, retries } from "../Client.ts"
import { read, signUp } from "./Statements.ts"

type Policy = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const over =
  (policy: Policy): Open =>
  async (url) => {
    const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url), maxConnections }))
    const sql = await runtime.runPromise(SqlClient)
    return {
      signUp: (each) => runtime.runPromise(policy(sql.withTransaction(signUp(sql, each)))),
      read: (account) => runtime.runPromise(policy(read(sql, account)))
    }
  }

/** As it is published: its documentation recommends nothing beyond. */
export const sqlPg: Open = over((self) => self)

/** As https://effect.website/docs/error-management/retrying/ retries what may fail. */
export const retriedSqlPg: Open = over(
  Effect.retry({ times: retries.times, schedule: Schedule.exponential(retries.base) })
)
