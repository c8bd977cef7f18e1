import { Option } from "effect"
import type { ClientAddress } from "./ClientAddress.ts"

/** Who asks for something, as far as a request tells. */
export interface Requester {
  /** None: unknown, which is limited as one address that all who are unknown share. */
  readonly address: Option.Option<ClientAddress>
  /** The `User-Agent` header as it came. */
  readonly userAgent: Option.Option<string>
}

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
