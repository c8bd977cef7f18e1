import { Headers } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { isSameOrigin } from "../../src/http/SameOrigin.ts"

const cookie = "__Host-session=abc"
const allowed = new Set(["https://app.example.com"])

interface Sent {
  readonly method?: string
  readonly url?: string
  readonly headers?: Record<string, string>
}

const passes = ({ headers = {}, method = "POST", url = "/auth/signout" }: Sent) =>
  isSameOrigin(
    { method, url, headers: Headers.fromInput({ host: "auth.example.com", ...headers }) },
    allowed
  )

describe("what comes with a session's cookie", () => {
  it.prop(
    "may read, wherever it comes from",
    [FastCheck.constantFrom("GET", "HEAD", "OPTIONS")],
    ([method]) => {
      assert.isTrue(passes({ method, headers: { cookie, origin: "https://evil.example" } }))
    }
  )

  it.prop(
    "may change nothing from an origin that is neither the service's nor listed",
    [
      FastCheck.constantFrom("POST", "PUT", "PATCH", "DELETE", "PURGE"),
      FastCheck.oneof(
        FastCheck.webUrl().map((url) => new URL(url).origin),
        FastCheck.string(),
        FastCheck.constantFrom(
          "null",
          "https://auth.example.com.evil.example",
          "https://app.example.com.evil.example",
          "https://app.example.com:444",
          "http://app.example.com",
          "https://APP.example.com",
          "https://app.example.com/"
        )
      )
    ],
    ([method, origin]) => {
      assert.isFalse(passes({ method, headers: { cookie, origin } }))
      assert.isTrue(passes({ method, headers: { origin } }))
    }
  )

  it.each([
    ["https://auth.example.com", "auth.example.com"],
    ["http://auth.example.com", "auth.example.com"],
    ["https://app.example.com", "auth.example.com"],
    ["http://localhost:8000", "localhost:8000"]
  ])("may come from %s to %s", (origin, host) => {
    assert.isTrue(passes({ headers: { cookie, origin, host } }))
  })

  it("may not come from another port of the same host", () => {
    const headers = { cookie, origin: "http://localhost:3000", host: "localhost:8000" }
    assert.isFalse(passes({ headers }))
  })

  it("is what a browser says it is, where it says so outright", () => {
    const behindProxy = { cookie, host: "10.0.0.7:8000", origin: "https://auth.example.com" }
    assert.isFalse(passes({ headers: behindProxy }))
    assert.isTrue(passes({ headers: { ...behindProxy, "sec-fetch-site": "same-origin" } }))
    assert.isFalse(passes({ headers: { cookie, "sec-fetch-site": "cross-site" } }))
    const listed = { cookie, origin: "https://app.example.com", "sec-fetch-site": "cross-site" }
    assert.isTrue(passes({ headers: listed }))
  })

  it("may not come from elsewhere by what the browser says, whatever the host of its origin", () => {
    // A page of the same name over plain HTTP: anybody on the network can write it.
    const plain = { cookie, host: "auth.example.com", origin: "http://auth.example.com" }
    assert.isFalse(passes({ headers: { ...plain, "sec-fetch-site": "cross-site" } }))
    assert.isFalse(passes({ headers: { ...plain, "sec-fetch-site": "same-site" } }))
  })

  it("matters only while it is the proof: not beside a token", () => {
    const headers = { cookie, origin: "https://evil.example" }
    assert.isTrue(passes({ headers: { ...headers, authorization: "Bearer abc" } }))
  })

  it("can be asked for by any program, and by no foreign page", () => {
    const url = "/auth/signin?a=b&transport=cookie"
    assert.isTrue(passes({ url }))
    assert.isTrue(passes({ url, headers: { origin: "https://app.example.com" } }))
    assert.isFalse(passes({ url, headers: { origin: "https://evil.example" } }))
    assert.isFalse(passes({ url, headers: { "sec-fetch-site": "cross-site" } }))
    assert.isTrue(passes({ url: "/auth/signin", headers: { origin: "https://evil.example" } }))
  })
})
