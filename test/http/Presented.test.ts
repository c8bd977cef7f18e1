import { Headers } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { presentedBy } from "../../src/http/Presented.ts"
import { isSameOrigin } from "../../src/http/SameOrigin.ts"

const by = (headers: Record<string, string>) => presentedBy(Headers.fromInput(headers))

const header = FastCheck.constantFrom(
  undefined,
  "",
  "Bearer abc",
  "bearer  abc",
  "Bearer abc, Bearer def",
  "Basic YTpi",
  "nonsense"
)

const cookie = FastCheck.constantFrom(
  undefined,
  "",
  "a=b",
  "__Host-session=",
  "__Host-session=abc",
  "a=b; __Host-session=abc; __Host-session=def"
)

const sent = (authorization: string | undefined, cookie: string | undefined) => ({
  ...(authorization === undefined ? {} : { authorization }),
  ...(cookie === undefined ? {} : { cookie })
})

describe("what a request shows whose it is by", () => {
  it("is the bearer token, else the session's cookie, else nothing", () => {
    const cookie = "a=b; __Host-session=abc"
    const authorization = "Bearer def"
    assert.deepStrictEqual(by({ authorization, cookie }), { via: "header", text: "def" })
    assert.deepStrictEqual(by({ cookie }), { via: "cookie", text: "abc" })
    assert.deepStrictEqual(by({ cookie: "a=b" }), { via: "none", text: "" })
    assert.deepStrictEqual(by({}), { via: "none", text: "" })
  })

  it.prop("is never the cookie beside a header, whatever it is", [header, cookie], (both) => {
    const [authorization] = both
    const { via } = by(sent(...both))
    assert.strictEqual(via === "header", authorization !== undefined)
  })

  it.prop(
    "is the cookie exactly where a foreign page may change nothing",
    [header, cookie],
    (both) => {
      const headers = Headers.fromInput({
        ...sent(...both),
        host: "auth.example.com",
        origin: "https://evil.example"
      })
      const request = { method: "POST", url: "/auth/signout", headers }
      assert.strictEqual(isSameOrigin(request, new Set()), presentedBy(headers).via !== "cookie")
    }
  )
})
