import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import * as PgClient from "../sql/PgClient.ts"
import { CommandFailed } from "./Outcome.ts"
import { progress } from "./Screen.ts"
import type { Target } from "./Target.ts"

/** A failure as its sentence. */
export const failed = ({ message }: { readonly message: string }): CommandFailed =>
  new CommandFailed({ message })

/** A command's own client, of one connection, which the server lists under the command's name. */
export const client = (
  { address, pool, url }: Target,
  command: string
): Layer.Layer<SqlClient, CommandFailed> => {
  const applicationName = `holdfast ${command}`
  const one = { ...pool, url, applicationName, minConnections: 1, maxConnections: 1 }
  return Layer.unwrapEffect(
    Effect.as(
      progress(`Connecting to ${address.host}:${address.port}`),
      Layer.mapError(PgClient.layer(one), failed)
    )
  )
}
