/** Where a database is, and who keeps it, as far as its name tells. */
export interface Place {
  readonly host: string
  readonly port: number
  /** What stands behind the name; absent where it tells nothing. */
  readonly provider: "Neon" | "Supabase" | "RDS" | undefined
  /** The name is that of a pooler in transaction mode. */
  readonly isPooler: boolean
  /** Nothing leaves this machine. */
  readonly isLocal: boolean
}

const supabaseTransactionPort = 6543

const isPoolerOf = (host: string, port: number): boolean =>
  /^ep-[^.]*-pooler\./.test(host) ||
  (/(^|\.)pooler\.supabase\.(com|co)$/.test(host) && port === supabaseTransactionPort) ||
  (/^db\..*\.supabase\.co$/.test(host) && port === supabaseTransactionPort)

const providerOf = (host: string): Place["provider"] => {
  if (/\.neon\.(tech|build)$/.test(host)) return "Neon"
  if (/\.supabase\.(com|co)$/.test(host)) return "Supabase"
  return /\.rds\.amazonaws\.com(\.cn)?$/.test(host) ? "RDS" : undefined
}

/**
 * What an address tells. Neon: https://neon.com/docs/connect/connection-pooling; Supabase:
 * https://supabase.com/docs/guides/database/connecting-to-postgres.
 */
export const placeOf = (address: { readonly host: string; readonly port: number }): Place => {
  const host = address.host.toLowerCase()
  return {
    ...address,
    provider: providerOf(host),
    isPooler: isPoolerOf(host, address.port),
    isLocal:
      host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.")
  }
}

/** The pooled name of a direct endpoint of Neon's, or the other way round. */
export const otherName = (host: string): string => {
  const [endpoint = "", ...rest] = host.split(".")
  const other = endpoint.endsWith("-pooler")
    ? endpoint.slice(0, -"-pooler".length)
    : `${endpoint}-pooler`
  return [other, ...rest].join(".")
}
