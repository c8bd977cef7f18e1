import { Duration } from "effect"

const entry = ([key, value]: [string, unknown]) => `${key}: ${literal(value)}`

/** Plain data as the TypeScript that makes it, on one line. A duration is written as a text. */
export const literal = (value: unknown): string => {
  if (Duration.isDuration(value)) return `"${Duration.toMillis(value)} millis"`
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return entries.length === 0 ? "{}" : `{ ${entries.map(entry).join(", ")} }`
}
