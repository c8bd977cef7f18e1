/**
 * To what a pooler or proxy gives a backend of its own: to each session for as long as it lasts, or to
 * each transaction. PgBouncer's words.
 */
export type PoolMode = "session" | "transaction"

/**
 * What a host's name tells. Neon's proxy gives each session a backend, unless the endpoint's name ends
 * in "-pooler" (https://neon.com/docs/connect/connection-pooling). Of others nothing is known, and then
 * nothing may be assumed of a session.
 */
export const poolModeOf = (host: string | undefined): PoolMode => {
  const [endpoint = "", ...domain] = (host ?? "").toLowerCase().split(".")
  const isNeon = domain.slice(-2).join(".") === "neon.tech" && endpoint.startsWith("ep-")
  return isNeon && !endpoint.endsWith("-pooler") ? "session" : "transaction"
}
