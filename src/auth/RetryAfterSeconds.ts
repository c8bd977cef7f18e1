import { Schema } from "effect"

/** When to ask again, as errors say it that ask for it. */
export const RetryAfterSeconds = Schema.Int.pipe(
  Schema.positive(),
  Schema.annotations({ description: "Whole seconds to wait before asking again; at least 1." })
)
