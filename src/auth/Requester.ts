import { Option } from "effect"
import { type ClientAddress, clientAddress, parseIp } from "./ClientAddress.ts"

/** Who asks for something, as far as a request tells. */
export interface Requester {
  /** None: unknown, which is limited as one address that all who are unknown share. */
  readonly address: Option.Option<ClientAddress>
  /** The `User-Agent` header as it came. */
  readonly userAgent: Option.Option<string>
}

/** What a request says about who sends it. */
export interface RequesterOptions {
  /** The IP address that they connect from, IPv4 or IPv6, without a port. */
  readonly address?: string | undefined
  /** The `User-Agent` header as it came. */
  readonly userAgent?: string | undefined
}

/**
 * Makes a requester of what a request says. An address that can't be read is unknown: it is limited
 * together with all others that are.
 *
 * Behind proxies the connection's address is a proxy's. Take the one that your own proxy has written
 * down: what a client says of itself is a new address for each attempt.
 */
export const makeRequester = ({ address, userAgent }: RequesterOptions): Requester => ({
  address: Option.map(Option.flatMap(Option.fromNullable(address), parseIp), clientAddress),
  userAgent: Option.fromNullable(userAgent)
})

/** What of a requester is stored with a session or an event. */
export interface StoredRequester {
  readonly address: string | null
  readonly userAgent: string | null
}

const LONGEST_USER_AGENT = 256

const clean = (userAgent: string): string =>
  [...userAgent.replace(/\p{Cc}/gu, "")].slice(0, LONGEST_USER_AGENT).join("")

/** Coarse, short, and without control characters. Nothing of a call that no request caused. */
export const stored = (requester: Requester | undefined): StoredRequester => ({
  address: requester ? Option.getOrNull(Option.map(requester.address, (it) => it.coarse)) : null,
  userAgent: requester ? Option.getOrNull(Option.map(requester.userAgent, clean)) : null
})
