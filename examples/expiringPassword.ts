import type { SqlError } from "@effect/sql/SqlError"
import type { Effect, Redacted } from "effect"
import { PgClient } from "holdfast"

/** A client whose every connection logs in with a token that is fetched for it, so it may expire. */
export const database = (
  url: Redacted.Redacted,
  token: Effect.Effect<Redacted.Redacted, SqlError>
) => PgClient.layer({ url, password: token })
