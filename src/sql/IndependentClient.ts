import type * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import { quick, type Running } from "./statement/QuickStatement.ts"

/**
 * `SqlClient.make`'s client with statements that find their connection in our way: its own would run
 * on whatever transaction is open, also on that of another client.
 */
export const make = (
  options: SqlClient.SqlClient.MakeOptions & Running
): Effect.Effect<SqlClient.SqlClient, never, Reactivity.Reactivity> =>
  Effect.map(SqlClient.make(options), (base) => {
    const { acquirer, compiler, spanAttributes, transformRows } = options
    const plain = (of: SqlClient.SqlClient): SqlClient.SqlClient => {
      const made = Statement.make(acquirer, compiler.withoutTransform, spanAttributes, undefined)
      const statements = quick(made, { acquirer, spanAttributes })
      const client = Object.assign(statements, { ...of, ...statements })
      return Object.assign(client, { safe: client, withoutTransforms: () => client })
    }
    const made = Statement.make(acquirer, compiler, spanAttributes, transformRows)
    const statements = quick(made, { acquirer, spanAttributes, transformRows })
    const client = Object.assign(statements, { ...base, ...statements })
    return Object.assign(client, {
      safe: client,
      withoutTransforms(this: SqlClient.SqlClient) {
        return transformRows === undefined ? this : plain(this)
      }
    })
  })
