import { isIP } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { clientAddress, type IpAddress, parseIp } from "../../src/auth/ClientAddress.ts"

const parse = (text: string) => Option.getOrThrow(parseIp(text))

const bucketOf = (address: IpAddress) => clientAddress(address).subject
const coarse = (address: IpAddress) => clientAddress(address).coarse

const octet = FastCheck.integer({ min: 0, max: 255 })
const ipv4 = FastCheck.tuple(octet, octet, octet, octet).map((octets) => octets.join("."))

/** Zeros are common, as they are in real addresses. */
const group = FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 0xffff }))
const groups = FastCheck.array(group, { minLength: 8, maxLength: 8 })
const written = (numbers: ReadonlyArray<number>) =>
  numbers.map((number) => number.toString(16)).join(":")

/** The spelling of the URL standard, an independent implementation of RFC 5952. */
const byTheUrlStandard = (text: string) => new URL(`http://[${text}]`).hostname.slice(1, -1)

const isMapped = (numbers: ReadonlyArray<number>) =>
  numbers.slice(0, 5).every((number) => number === 0) && numbers[5] === 0xffff

describe("a client's address", () => {
  it.prop("of IPv6 has the spelling of RFC 5952, however it was written", [groups], ([numbers]) => {
    FastCheck.pre(!isMapped(numbers))
    const text = written(numbers)
    const expected = byTheUrlStandard(text)
    const padded = numbers.map((number) => number.toString(16).padStart(4, "0")).join(":")
    for (const spelling of [text, text.toUpperCase(), padded, expected, `${text}%eth0`]) {
      assert.strictEqual(parse(spelling), expected, spelling)
    }
  })

  it.prop("of IPv4 is one address in every spelling that holds it", [ipv4], ([address]) => {
    const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number)
    const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    const spellings = [
      address,
      `::ffff:${address}`,
      `::FFFF:${address}`,
      `::ffff:${hex}`,
      `0:0:0:0:0:ffff:${hex}`,
      `0000:0000:0000:0000:0000:ffff:${address}`
    ]
    for (const spelling of spellings) assert.strictEqual(parse(spelling), address, spelling)
  })

  it.prop(
    "is read exactly when Node.js takes it for one",
    [
      FastCheck.oneof(
        FastCheck.stringMatching(/^[0-9a-f:.]{0,20}$/),
        FastCheck.tuple(groups, FastCheck.nat(7), FastCheck.nat(7)).map(([numbers, from, to]) =>
          written(numbers).split(":").toSpliced(from, to, "").join(":")
        ),
        FastCheck.tuple(ipv4, FastCheck.constantFrom("", ":", "::", "1:", "::1:", "64:ff9b::")).map(
          ([address, prefix]) => prefix + address
        )
      )
    ],
    ([text]) => {
      assert.strictEqual(Option.isSome(parseIp(text)), isIP(text) !== 0, text)
    },
    { fastCheck: { numRuns: 2000 } }
  )

  it.prop("read again is itself", [FastCheck.oneof(ipv4, groups.map(written))], ([text]) => {
    assert.strictEqual(parse(parse(text)), parse(text))
  })

  it.each([
    "",
    "unknown",
    "localhost",
    "1.2.3",
    "01.2.3.4",
    "1.2.3.4:80",
    "[::1]",
    "::1::",
    "1.2.3.4::",
    "1.2.3.4::5"
  ])("%j is none", (text) => {
    assert.isTrue(Option.isNone(parseIp(text)))
  })
})

describe("what attempts are counted under", () => {
  it.prop(
    "is one for all addresses of a /64, and another one for another /64",
    [groups, groups],
    ([numbers, others]) => {
      FastCheck.pre(!isMapped(numbers))
      const network = numbers.slice(0, 4)
      const neighbour = [...network, ...others.slice(4)]
      FastCheck.pre(!isMapped(neighbour))
      assert.strictEqual(bucketOf(parse(written(numbers))), bucketOf(parse(written(neighbour))))
      const elsewhere = numbers.with(3, (numbers[3] ?? 0) ^ 1)
      assert.notStrictEqual(bucketOf(parse(written(numbers))), bucketOf(parse(written(elsewhere))))
    }
  )

  it.prop("is the whole address of IPv4, however it was written", [ipv4], ([address]) => {
    assert.strictEqual(bucketOf(parse(`::ffff:${address}`)), address)
  })
})

describe("what is shown of an address", () => {
  it.each([
    ["203.0.113.77", "203.0.113.0/24"],
    ["::ffff:203.0.113.77", "203.0.113.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8::/48"],
    ["::1", "::/48"]
  ])("%s is shown as %s", (text, shown) => {
    assert.strictEqual(coarse(parse(text)), shown)
  })

  it.prop(
    "never tells the last octet, or the last 80 bits",
    [ipv4, groups],
    ([address, numbers]) => {
      FastCheck.pre(!isMapped(numbers))
      assert.strictEqual(coarse(parse(address)), coarse(parse(address.replace(/\d+$/, "7"))))
      const other = [...numbers.slice(0, 3), 1, 2, 3, 4, 5]
      assert.strictEqual(coarse(parse(written(numbers))), coarse(parse(written(other))))
    }
  )
})
