import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { ask, type OnAuth, goodPassword as password } from "../Person.ts"
import { freshEmail } from "../Service.ts"

/** Signs up as a browser does, and gives the cookie as it was set. */
const cookie = Effect.map(
  Effect.suspend(() =>
    ask("POST", "/auth/signup?transport=cookie", {
      json: { email: freshEmail(), password },
      headers: { "sec-fetch-site": "same-origin" }
    })
  ),
  ({ headers, text }) => ({ all: headers.getSetCookie(), text })
)

/** OWASP ASVS 5.0, V3.3: cookies. */
export const cookiesSuite = (it: OnAuth) =>
  describe("V3.3 cookies", () => {
    it.effect("3.3.1 a cookie is Secure", () =>
      Effect.gen(function* () {
        for (const text of (yield* cookie).all) assert.include(text, "; Secure")
      })
    )

    it.effect("3.3.2 a cookie has the SameSite that its purpose asks for: Lax", () =>
      Effect.gen(function* () {
        for (const text of (yield* cookie).all) assert.include(text, "; SameSite=Lax")
      })
    )

    it.effect("3.3.3 a cookie has the prefix __Host-, a path of / and no domain", () =>
      Effect.gen(function* () {
        const { all } = yield* cookie
        assert.lengthOf(all, 1)
        for (const text of all) {
          assert.match(text, /^__Host-session=.*; Path=\/(;|$)/)
          assert.notMatch(text, /domain/i)
        }
      })
    )

    it.effect("3.3.4 a cookie is HttpOnly, and its value is nowhere but in Set-Cookie", () =>
      Effect.gen(function* () {
        const { all, text } = yield* cookie
        const [first = ""] = all
        assert.include(first, "; HttpOnly")
        const token = /=([\w-]{43});/.exec(first)?.[1] ?? assert.fail("no token")
        assert.notInclude(text, token)
        assert.notInclude((yield* ask("GET", "/auth/session", { token })).text, token)
      })
    )

    it.effect("3.3.5 a cookie is far smaller than 4096 bytes", () =>
      Effect.gen(function* () {
        for (const text of (yield* cookie).all) assert.isBelow(text.length, 256)
      })
    )
  })
