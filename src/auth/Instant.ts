import { Schema } from "effect"

/** A moment: `DateTime.Utc` in code, ISO 8601 in UTC with milliseconds and `Z` in JSON. */
export const Instant = Schema.DateTimeUtc.annotations({
  identifier: "Instant",
  jsonSchema: { type: "string", format: "date-time", description: "A moment in UTC: ISO 8601, Z." }
})
