import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { clientAddress } from "../../src/auth/ClientAddress.ts"
import { addressOf } from "../../src/http/ForwardedAddress.ts"

const socket = Option.some("10.0.0.1")

const read = (forwardedFor: string | undefined, hops: number) =>
  Option.getOrNull(addressOf(socket, forwardedFor, hops))

/** What a client may write into the header: addresses, words, nothing. */
const forged = FastCheck.array(
  FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), FastCheck.string({ unit: "grapheme-ascii" })),
  { maxLength: 5 }
).map((entries) => entries.join(", "))

const appended = (header: string, entry: string) => (header === "" ? entry : `${header}, ${entry}`)

describe("whose request it is", () => {
  it.prop(
    "is the socket's address by default, whatever X-Forwarded-For says",
    [forged],
    ([header]) => {
      assert.strictEqual(read(header, 0), "10.0.0.1")
      assert.strictEqual(read(undefined, 0), "10.0.0.1")
    }
  )

  it.prop("is what the one proxy wrote, whatever its client sent", [forged], ([header]) => {
    assert.strictEqual(read(appended(header, "203.0.113.7"), 1), "203.0.113.7")
  })

  it.prop("is what the outer of two proxies wrote", [forged], ([header]) => {
    const forwarded = appended(appended(header, "203.0.113.7"), "192.0.2.1")
    assert.strictEqual(read(forwarded, 2), "203.0.113.7")
  })

  it.prop(
    "does not move by what a client sends: its attempts are counted together",
    [forged, forged],
    ([one, other]) => {
      const bucket = (header: string) => {
        const address = addressOf(socket, appended(header, "2001:db8:0:1::7"), 1)
        return clientAddress(Option.getOrThrow(address)).subject
      }
      assert.strictEqual(bucket(one), bucket(other))
    }
  )

  it.each([
    ["203.0.113.7:4711", "203.0.113.7"],
    ["[2001:DB8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    [" 203.0.113.7 ", "203.0.113.7"]
  ])("is read as proxies write it: %s", (entry, address) => {
    assert.strictEqual(read(entry, 1), address)
  })

  it.each([
    "unknown",
    "",
    "203.0.113.7.",
    "203.0.113.7, ",
    "203.0.113.7, _hidden",
    "203.0.113.7 8.8.8.8"
  ])("is the proxy's when the proxy wrote no address: %j", (header) => {
    assert.strictEqual(read(header, 1), "10.0.0.1")
  })

  it("is the outermost that is there when a request came by fewer proxies", () => {
    assert.strictEqual(read("203.0.113.7", 3), "203.0.113.7")
    assert.strictEqual(read(undefined, 3), "10.0.0.1")
  })

  it("is unknown only when the socket has no address and no proxy wrote one", () => {
    assert.isTrue(Option.isNone(addressOf(Option.none(), undefined, 1)))
    assert.isTrue(Option.isNone(addressOf(Option.none(), "203.0.113.7", 0)))
    assert.strictEqual(Option.getOrNull(addressOf(Option.none(), "203.0.113.7", 1)), "203.0.113.7")
  })
})
