import { Brand, Option } from "effect"

/** The address of whoever asks, in the two forms in which it is known: one to show, one to count by. */
export interface ClientAddress {
  /** What is stored and shown: an IPv4 /24 or an IPv6 /48, as `203.0.113.0/24`. */
  readonly coarse: string
  /** What limits count by: an IPv4 address, or an IPv6 /64. Stored only as a part of a digest. */
  readonly subject: string
}

/**
 * An IP address in its one canonical spelling: dotted decimal, or RFC 5952. An IPv4 address that is
 * written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address.
 */
export type IpAddress = string & Brand.Brand<"IpAddress">

const branded = Brand.nominal<IpAddress>()

/** Eight groups of 16 bits. */
type Groups = ReadonlyArray<number>

// No leading zeros: some programs take them for octal (CVE-2021-29923).
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const GROUP = /^[0-9a-f]{1,4}$/i

/** The link that a link-local address belongs to says nothing about who has it. */
const withoutZone = (text: string): string => text.split("%", 1)[0] ?? ""

const groupsOfIPv4 = (text: string): Groups => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number)
  return [a * 256 + b, c * 256 + d]
}

/** The groups on one side of `::`; undefined when they are none. */
const groupsOf = (side: string): Groups | undefined => {
  if (side === "") return []
  const parts = side.split(":")
  const last = parts.at(-1) ?? ""
  const tail = IPV4.test(last) ? groupsOfIPv4(last) : undefined
  const head = tail === undefined ? parts : parts.slice(0, -1)
  if (!head.every((part) => GROUP.test(part))) return undefined
  return [...head.map((part) => Number.parseInt(part, 16)), ...(tail ?? [])]
}

/** RFC 4291, 2.2: `::` stands for one group of zeros or more, once; IPv4 may only stand last. */
const parseIPv6 = (text: string): Groups | undefined => {
  const [left = "", right, ...more] = text.split("::")
  if (more.length > 0) return undefined
  const head = groupsOf(left)
  const tail = right === undefined ? [] : groupsOf(right)
  if (head === undefined || tail === undefined) return undefined
  if (right === undefined) return head.length === 8 ? head : undefined
  const missing = 8 - head.length - tail.length
  return missing >= 1 && !left.includes(".")
    ? [...head, ...Array<number>(missing).fill(0), ...tail]
    : undefined
}

/** RFC 4291, 2.5.5.2: `::ffff:0:0/96`. */
const isMappedIPv4 = (groups: Groups): boolean =>
  groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff

const formatIPv4 = ([high = 0, low = 0]: Groups): string =>
  [high >> 8, high & 255, low >> 8, low & 255].join(".")

/** RFC 5952: lower case, no leading zeros, the first of the longest runs of zeros as `::`. */
const formatIPv6 = (groups: Groups): string => {
  const text = groups.map((group) => group.toString(16)).join(":")
  const [run] = [...text.matchAll(/\b0(?::0)+\b/g)].sort(([a], [b]) => b.length - a.length)
  if (run === undefined) return text
  const before = text.slice(0, run.index).replace(/:$/, "")
  const after = text.slice(run.index + run[0].length).replace(/^:/, "")
  return `${before}::${after}`
}

/** Reads an address in any spelling; none if it is not exactly one. */
export const parseIp = (text: string): Option.Option<IpAddress> => {
  if (IPV4.test(text)) return Option.some(branded(text))
  const groups = parseIPv6(withoutZone(text))
  if (groups === undefined) return Option.none()
  return Option.some(
    branded(isMappedIPv4(groups) ? formatIPv4(groups.slice(6)) : formatIPv6(groups))
  )
}

/**
 * The parts of an address that matter here.
 *
 * Limits count an IPv6 address by its /64: whoever has one address of it has all 2^64 of them
 * (CVE-2026-45364). What is shown is enough to tell a session at home from one abroad, and too little
 * to tell who it is.
 */
export const clientAddress = (address: IpAddress): ClientAddress => {
  const groups = parseIPv6(address)
  if (groups === undefined) {
    return { coarse: address.replace(/\d+$/, "0/24"), subject: address }
  }
  const network = (bits: 48 | 64) =>
    `${formatIPv6(groups.map((group, index) => (index < bits / 16 ? group : 0)))}/${bits}`
  return { coarse: network(48), subject: network(64) }
}
