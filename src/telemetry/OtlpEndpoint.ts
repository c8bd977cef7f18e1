import { Option } from "effect"

/**
 * Reads the address below which a receiver takes `/v1/traces` and `/v1/metrics`. A key belongs into
 * the headers: addresses are shown.
 */
export const parseOtlpEndpoint = (text: string): Option.Option<string> => {
  if (!URL.canParse(text)) return Option.none()
  const { hash, password, protocol, search, username } = new URL(text)
  const isHttp = protocol === "http:" || protocol === "https:"
  const isBare = [hash, password, search, username].every((part) => part === "")
  return isHttp && isBare ? Option.some(text) : Option.none()
}
