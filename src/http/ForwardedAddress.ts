import { Context, Option } from "effect"
import * as Address from "../auth/ClientAddress.ts"

/**
 * How many proxies stand between clients and this service, each of which adds the address that it was
 * called from to `X-Forwarded-For`. Default 0: the header is not believed.
 */
export class TrustedHops extends Context.Reference<TrustedHops>()("holdfast/http/TrustedHops", {
  defaultValue: (): number => 0
}) {}

/** Some proxies add the port: `192.0.2.1:80`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/

const parseForwarded = (entry: string): Option.Option<Address.IpAddress> => {
  const [, ipv6, ipv4] = WITH_PORT.exec(entry) ?? []
  return Address.parseIp(ipv6 ?? ipv4 ?? entry)
}

/**
 * Whose request it is, given the socket's address, `X-Forwarded-For`, and the number of proxies.
 *
 * The last entry was written by the nearest proxy, the one before by the next one, and so on: as many
 * as there are proxies can be believed. What stands to the left of them the client may have sent
 * itself, so it is never looked at (better-auth #10203 believed it). An entry that is no address
 * counts for nothing: then it is the socket's, a proxy's, under which attempts are counted together
 * rather than not at all.
 */
export const addressOf = (
  socket: Option.Option<string>,
  forwardedFor: string | undefined,
  hops: number
): Option.Option<Address.IpAddress> => {
  const peer = Option.flatMap(socket, Address.parseIp)
  if (hops === 0 || forwardedFor === undefined) return peer
  const entries = forwardedFor.split(",").map((entry) => entry.trim())
  const entry = entries.at(-Math.min(hops, entries.length)) ?? ""
  return Option.orElse(parseForwarded(entry), () => peer)
}
