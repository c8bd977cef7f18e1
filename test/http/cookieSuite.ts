import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { bearer, freshEmail, type OnService, post, postJson, Service, send } from "./Service.ts"

const password = "TestPass123"

const Begun = Schema.decodeUnknownSync(
  Schema.Struct({
    user: Schema.Struct({ id: Schema.UUID }),
    session: Schema.Struct({
      id: Schema.UUID,
      expires: Schema.Date,
      sessionToken: Schema.optional(Schema.String)
    })
  })
)

const tagOf = (json: unknown): string =>
  Schema.decodeUnknownSync(Schema.Struct({ _tag: Schema.String }))(json)._tag

/** What a browser would keep of an answer. */
const cookieOf = (headers: Headers) => {
  const [pair = "", ...attributes] = (headers.getSetCookie()[0] ?? "").split("; ")
  return { pair, attributes: new Set(attributes.filter((it) => !/^(Max-Age|Expires)=/.test(it))) }
}

const maxAge = (headers: Headers): number =>
  Number(/Max-Age=(\d+)/.exec(headers.getSetCookie().join())?.[1])

const signedUp = Effect.gen(function* () {
  const email = freshEmail()
  const answer = yield* postJson("/auth/signup?transport=cookie", { email, password })
  return { answer, email, cookie: cookieOf(answer.headers).pair }
})

const signOut = (headers: Record<string, string>) =>
  send("/auth/signout", { method: "POST", headers })

const whoIs = (headers: Record<string, string>) => send("/auth/session", { headers })

/** Sessions whose token a browser keeps in a cookie. */
export const cookieSuite = (it: OnService) =>
  describe("cookies", () => {
    it.effect("with transport=cookie a session's token is in a cookie and not in the body", () =>
      Effect.gen(function* () {
        const { answer: up, email } = yield* signedUp
        const into = yield* postJson("/auth/signin?transport=cookie", { email, password })
        for (const { headers, json, status, text } of [up, into]) {
          assert.oneOf(status, [200, 201])
          const { session } = Begun(json)
          assert.isUndefined(session.sessionToken)
          assert.strictEqual(headers.getSetCookie().length, 1)
          const { attributes, pair } = cookieOf(headers)
          assert.match(pair, /^__Host-session=[A-Za-z0-9_-]{43}$/)
          assert.sameMembers([...attributes], ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"])
          assert.notInclude(text, pair.slice("__Host-session=".length))
          assert.isAbove(session.expires.getTime(), Date.now())
          assert.strictEqual(maxAge(headers), 30 * 24 * 3600, "as long as a session can live")
        }
      })
    )

    it.effect("without it no cookie is set, and another value is refused by name only", () =>
      Effect.gen(function* () {
        const plain = yield* postJson("/auth/signup", { email: freshEmail(), password })
        assert.isDefined(Begun(plain.json).session.sessionToken)
        assert.deepStrictEqual(plain.headers.getSetCookie(), [])
        for (const query of [
          "transport=Cookie",
          "transport=c4n4ry",
          "transport=",
          "transport=cookie&transport=cookie"
        ]) {
          const email = freshEmail()
          const answer = yield* postJson(`/auth/signup?${query}`, { email, password })
          assert.strictEqual(answer.status, 400, query)
          assert.include(answer.text, '"field":"transport"')
          assert.notInclude(answer.text, "c4n4ry")
          assert.strictEqual((yield* postJson("/auth/signin", { email, password })).status, 401)
        }
      })
    )

    it.effect("a cookie opens its session, among other cookies, until it is signed out", () =>
      Effect.gen(function* () {
        const { answer, cookie } = yield* signedUp
        const { url } = yield* Service
        const current = yield* whoIs({ cookie: `theme=dark; ${cookie}; lang=en` })
        assert.strictEqual(current.status, 200)
        assert.strictEqual(Begun(current.json).user.id, Begun(answer.json).user.id)

        const out = yield* signOut({ cookie, origin: url })
        assert.strictEqual(out.status, 204)
        assert.strictEqual(cookieOf(out.headers).pair, "__Host-session=")
        assert.strictEqual(maxAge(out.headers), 0)
        const attributes = ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]
        assert.sameMembers([...cookieOf(out.headers).attributes], attributes)
        assert.strictEqual((yield* whoIs({ cookie })).status, 401)
      })
    )

    it.effect("a 401 takes no cookie away", () =>
      Effect.gen(function* () {
        const { cookie } = yield* signedUp
        for (const headers of [
          { cookie: "__Host-session=nonsense" },
          { cookie: `${cookie}x` },
          { cookie: `${cookie}; ${cookie}` },
          { cookie: cookie.replace("__Host-session", "__host-session") },
          { cookie: cookie.replace("__Host-session", "x__Host-session") }
        ]) {
          const answer = yield* whoIs(headers)
          assert.strictEqual(answer.status, 401, headers.cookie)
          assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        }
        assert.strictEqual((yield* whoIs({ cookie })).status, 200)
      })
    )

    it.effect("a sign-out takes away a cookie that can't be a token, and no other 401 does", () =>
      Effect.gen(function* () {
        const { url } = yield* Service
        for (const cookie of ["__Host-session=nonsense", "__Host-session="]) {
          const answer = yield* signOut({ cookie, origin: url })
          assert.strictEqual(answer.status, 401, cookie)
          assert.strictEqual(cookieOf(answer.headers).pair, "__Host-session=")
          assert.strictEqual(maxAge(answer.headers), 0)
        }
        const { cookie } = yield* signedUp
        for (const headers of [{ authorization: "Bearer nonsense", cookie, origin: url }, {}]) {
          const answer = yield* signOut(headers)
          assert.strictEqual(answer.status, 401)
          assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        }
      })
    )

    it.effect("ending one's own session takes the cookie away, however its id is spelled", () =>
      Effect.gen(function* () {
        const { url } = yield* Service
        for (const spelled of [(id: string) => id, (id: string) => id.toUpperCase()]) {
          const { answer, cookie } = yield* signedUp
          const path = `/auth/sessions/${spelled(Begun(answer.json).session.id)}`
          const ended = yield* send(path, { method: "DELETE", headers: { cookie, origin: url } })
          assert.strictEqual(ended.status, 204)
          assert.strictEqual(cookieOf(ended.headers).pair, "__Host-session=")
          assert.strictEqual((yield* whoIs({ cookie })).status, 401)
        }
      })
    )

    it.effect("Authorization wins over the cookie, and is never replaced by it", () =>
      Effect.gen(function* () {
        const { cookie } = yield* signedUp
        const other = Begun(
          (yield* postJson("/auth/signup", { email: freshEmail(), password })).json
        )
        const { authorization } = bearer(other.session.sessionToken ?? "").headers
        const both = yield* whoIs({ cookie, authorization })
        assert.strictEqual(Begun(both.json).user.id, other.user.id)
        for (const wrong of ["Bearer nonsense", "Basic YTpi", ""]) {
          assert.strictEqual((yield* whoIs({ cookie, authorization: wrong })).status, 401, wrong)
        }
      })
    )

    it.effect("with a cookie, what changes something must come from a page of the service", () =>
      Effect.gen(function* () {
        const { url } = yield* Service
        const { cookie } = yield* signedUp
        const refused: ReadonlyArray<Record<string, string>> = [
          {},
          { origin: "https://evil.example" },
          { origin: "null" },
          { origin: `${url}.evil.example` },
          { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          { "sec-fetch-site": "same-site", origin: "http://other.localhost" },
          { referer: `${url}/docs` }
        ]
        for (const headers of refused) {
          const answer = yield* signOut({ cookie, ...headers })
          assert.strictEqual(answer.status, 403, JSON.stringify(headers))
          assert.strictEqual(tagOf(answer.json), "CrossOrigin")
          assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        }
        assert.strictEqual((yield* whoIs({ cookie })).status, 200)
        const allowed: ReadonlyArray<Record<string, string>> = [
          { origin: url },
          { "sec-fetch-site": "same-origin" },
          { "sec-fetch-site": "none" }
        ]
        for (const headers of allowed) {
          const { cookie } = yield* signedUp
          assert.strictEqual((yield* signOut({ cookie, ...headers })).status, 204)
        }
      })
    )

    it.effect("reading with a cookie, and a bearer token, need no such page", () =>
      Effect.gen(function* () {
        const { cookie } = yield* signedUp
        const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" }
        assert.strictEqual((yield* whoIs({ cookie, ...foreign })).status, 200)
        const plain = yield* postJson("/auth/signup", { email: freshEmail(), password })
        const { headers } = bearer(Begun(plain.json).session.sessionToken ?? "")
        assert.strictEqual((yield* signOut({ ...headers, ...foreign, cookie })).status, 204)
      })
    )

    it.effect("no foreign page can give its visitor a cookie", () =>
      Effect.gen(function* () {
        const { email } = yield* signedUp
        const body = JSON.stringify({ email, password })
        for (const headers of [
          { origin: "https://evil.example" },
          { origin: "null", "sec-fetch-site": "cross-site" }
        ]) {
          const answer = yield* post("/auth/signin?transport=cookie", body, headers)
          assert.strictEqual(answer.status, 403)
          assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        }
      })
    )
  })
