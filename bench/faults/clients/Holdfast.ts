import { SqlClient } from "@effect/sql/SqlClient"
import { ManagedRuntime, Redacted } from "effect"
import { PgClient } from "holdfast"
import { maxConnections, type Open } from "../Client.ts"
import { read, signUp } from "./Statements.ts"

/** As its README writes a transaction; a read is idempotent. */
export const holdfast: Open = async (url) => {
  const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url), maxConnections }))
  const sql = await runtime.runPromise(SqlClient)
  return {
    signUp: (each) =>
      runtime.runPromise(sql.withTransaction(signUp(sql, each)).pipe(PgClient.replay())),
    read: (account) =>
      runtime.runPromise(read(sql, account).pipe(PgClient.replay({ idempotent: true })))
  }
}
