import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { parseOtlpEndpoint } from "../../src/telemetry/OtlpEndpoint.ts"
import { parseOtlpHeaders } from "../../src/telemetry/OtlpHeaders.ts"
import { parseRatio } from "../../src/telemetry/Ratio.ts"

const none = Option.none()

describe("what the environment says of telemetry", () => {
  it("headers are pairs, their values percent-encoded; nothing in them begins another one", () => {
    const two = { "x-key": "a b=c", authorization: "Basic eA==" }
    const read = parseOtlpHeaders("X-Key=a%20b%3Dc, authorization = Basic%20eA==")
    assert.deepStrictEqual(read, Option.some(two))
    for (const wrong of ["", "x", "=x", "a b=c", "x=%zz", "x=a%0d%0ay:z", "x=\u00e9", "x=1,"]) {
      assert.deepStrictEqual(parseOtlpHeaders(wrong), none, wrong)
    }
  })

  it("an endpoint is an address without a key in it", () => {
    for (const right of ["http://collector:4318", "https://otlp.example.com/v1/"]) {
      assert.deepStrictEqual(parseOtlpEndpoint(right), Option.some(right))
    }
    for (const wrong of [
      "collector:4318",
      "ftp://a",
      "http://u:p@a",
      "http://a?key=b",
      "http://a#b"
    ]) {
      assert.deepStrictEqual(parseOtlpEndpoint(wrong), none, wrong)
    }
  })

  it("a ratio is a number from 0 to 1", () => {
    assert.deepStrictEqual(
      ["0", "0.25", "1", "1.0"].map(parseRatio),
      [0, 0.25, 1, 1].map(Option.some)
    )
    assert.deepStrictEqual(
      ["", "1.1", "-1", "1e-1", ".5", "x"].map(parseRatio),
      Array(6).fill(none)
    )
  })
})
