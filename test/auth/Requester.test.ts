import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { makeRequester } from "../../src/auth/index.ts"
import { stored } from "../../src/auth/Requester.ts"

const subjectOf = (address: string | undefined) =>
  Option.getOrUndefined(Option.map(makeRequester({ address }).address, ({ subject }) => subject))

describe("a requester that an embedding service makes", () => {
  it("is counted by the address it was given, however that is written", () => {
    assert.strictEqual(subjectOf("203.0.113.77"), "203.0.113.77")
    assert.strictEqual(subjectOf("::ffff:203.0.113.77"), "203.0.113.77")
    assert.strictEqual(subjectOf("2001:DB8::1%eth0"), subjectOf("2001:db8::2"))
  })

  it.each([undefined, "", "unknown", "203.0.113.77:443", "203.0.113.77, 10.0.0.1"])(
    "is unknown with the address %j, and not someone of their own",
    (address) => {
      assert.isTrue(Option.isNone(makeRequester({ address }).address))
    }
  )

  it("is stored by its network and its browser, and no further", () => {
    assert.deepStrictEqual(stored(makeRequester({ address: "203.0.113.77", userAgent: "B/1\n" })), {
      address: "203.0.113.0/24",
      userAgent: "B/1"
    })
    assert.deepStrictEqual(stored(makeRequester({})), { address: null, userAgent: null })
  })
})
