import { Redacted } from "effect"
import { listenHost } from "./Listener.ts"

/** Where a TCP server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What a proxy stands in front of: an address, or a database's URL, of which host and port count. */
export type Upstream = Address | Redacted.Redacted<string>

const parsed = (url: Redacted.Redacted<string>): URL => {
  const text = Redacted.value(url)
  if (URL.canParse(text)) return new URL(text)
  throw new TypeError("FaultProxy was given something that is no URL: give it postgres://...")
}

// These parameters win over what stands before the path.
const winning = ["host", "hostaddr", "port"]

/** Where a database's URL leads. Throws, without repeating it, if that is no host and port. */
export const addressIn = (url: Redacted.Redacted<string>): Address => {
  const { hostname, port, searchParams } = parsed(url)
  const host = searchParams.get("hostaddr") ?? searchParams.get("host") ?? hostname
  if (host === "" || host.startsWith("/") || host.includes(",")) {
    throw new TypeError("FaultProxy stands before one TCP address: give a URL with one host name.")
  }
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: Number(searchParams.get("port") ?? (port === "" ? 5432 : port))
  }
}

/** The same URL, leading to a port of the proxy's. Throws if it is none, without repeating it. */
export const through = (
  original: Redacted.Redacted<string>,
  port: number
): Redacted.Redacted<string> => {
  const url = parsed(original)
  url.hostname = listenHost
  url.port = String(port)
  for (const name of winning) url.searchParams.delete(name)
  return Redacted.make(url.href)
}
