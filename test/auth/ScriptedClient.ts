import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { makeCompiler } from "@effect/sql-pg/PgClient"
import { Effect, Layer, Stream } from "effect"
import { fromCause } from "../../src/sql/failure/PgError.ts"

/** What becomes of one statement. */
export type Execute = (
  text: string,
  values: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<unknown>, SqlError>

const unexpected = Effect.dieMessage("auth/ only executes statements")

/** A `SqlClient` whose statements end as the function says. */
export const scriptedClient = (execute: Execute): Layer.Layer<SqlClient.SqlClient> => {
  const run = (text: string, values: ReadonlyArray<unknown>) =>
    Effect.map(execute(text, values), (rows) => [...rows])
  const connection = {
    execute: run,
    executeUnprepared: run,
    executeRaw: () => unexpected,
    executeValues: () => unexpected,
    executeStream: () => Stream.die("auth/ only executes statements")
  }
  return Layer.effect(
    SqlClient.SqlClient,
    SqlClient.make({
      acquirer: Effect.succeed(connection),
      compiler: makeCompiler(),
      spanAttributes: []
    })
  ).pipe(Layer.provide(Reactivity.layer))
}

/** A `SqlClient` that passes statements on to the one it stands before, or does not. */
export const interposedClient = (
  around: (
    statement: ReturnType<Execute>,
    text: string,
    values: ReadonlyArray<unknown>
  ) => ReturnType<Execute>
): Layer.Layer<SqlClient.SqlClient, never, SqlClient.SqlClient> =>
  Layer.unwrapEffect(
    Effect.map(SqlClient.SqlClient, (sql) =>
      scriptedClient((text, values) =>
        around(sql.unsafe<object>(text, [...values]).withoutTransform, text, values)
      )
    )
  )

/** The error of a statement that was sent, and whose answer never came. */
export const answerLost = fromCause(
  Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  { phase: "statement", sent: true, inTransaction: false }
)

/** What the server answers to a statement, as the driver throws it. */
export const serverError = (
  code: string,
  fields: { readonly message?: string; readonly constraint?: string; readonly detail?: string } = {}
) =>
  fromCause(
    Object.assign(new Error(fields.message ?? "of the server"), {
      severity: "ERROR",
      code,
      ...fields
    }),
    { phase: "statement", sent: true, inTransaction: false }
  )

/** The client it stands before, and how many statements went through it. */
export const countedClient = () => {
  let count = 0
  const layer = interposedClient((statement) =>
    Effect.suspend(() => {
      count += 1
      return statement
    })
  )
  return { layer, statements: () => count }
}
