import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Redacted, Stream } from "effect"
import * as Admin from "../../src/admin/Admin.ts"
import { Server } from "../../src/http/Server.ts"
import { Pool } from "../../src/pool/index.ts"
import { scriptedClient } from "../auth/ScriptedClient.ts"
import { fakeAuth } from "../http/FakeAuth.ts"
import { resting } from "../http/FakePool.ts"
import { Service, send } from "../http/Service.ts"

const token = "a token of sixteen letters"

/** Statements that were sent so far. */
const statements: Array<string> = []

const client = scriptedClient((text) =>
  Effect.sync(() => {
    statements.push(text)
    return [
      {
        id: "5e7c1e9a-0000-4000-8000-000000000000",
        at: new Date(0),
        kind: "sign-up",
        user_id: "77777777-0000-4000-8000-000000000000",
        address: "192.0.2.0/24"
      }
    ]
  })
)

const pool = Layer.mock(Pool, {
  acquireTimeout: Duration.seconds(10),
  stats: Effect.succeed(resting),
  connections: Effect.succeed([]),
  events: Stream.never
})

const dashboard = Layer.effect(
  Service,
  Effect.map(Server, ({ url }) => ({ url }))
).pipe(
  Layer.provide(Server.layer({ port: 0 }, Admin.layer(Redacted.make(token)))),
  Layer.provide([fakeAuth, pool, client]),
  Layer.provide(Logger.remove(Logger.defaultLogger))
)

const signIn = (
  given: string,
  headers: Record<string, string> = { "sec-fetch-site": "same-origin" }
) =>
  send("/admin/sign-in", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({ token: given }).toString()
  })

const cookieOf = (headers: Headers) => headers.getSetCookie()[0]?.split(";")[0] ?? ""

/** The cookie of somebody who has just signed in. */
const signedIn = Effect.map(signIn(token), ({ headers }) => cookieOf(headers))

/** Opens a stream and reads until a text has come. */
const streamed = (cookie: string, until: string, headers: Record<string, string> = {}) =>
  Effect.flatMap(Service, ({ url }) =>
    Effect.promise(async (signal) => {
      const answer = await fetch(`${url}/admin/events`, { signal, headers: { cookie, ...headers } })
      const reader = answer.body?.getReader()
      let text = ""
      while (reader !== undefined && !text.includes(until)) {
        const { done, value } = await reader.read()
        if (done) break
        text += new TextDecoder().decode(value)
      }
      return { answer, text, close: () => reader?.cancel() }
    })
  )

describe("the dashboard over HTTP", () => {
  layer(dashboard, { excludeTestServices: true })((it) => {
    it.scoped("shows nothing to who is not signed in", () =>
      Effect.gen(function* () {
        const page = yield* send("/admin")
        assert.strictEqual(page.status, 303)
        assert.strictEqual(page.headers.get("location"), "/admin/sign-in")
        assert.strictEqual((yield* send("/admin/events")).status, 401)
        const forged = { headers: { cookie: `__Host-admin=${token}` } }
        assert.strictEqual((yield* send("/admin/events", forged)).status, 401)
        assert.strictEqual((yield* send("/admin/")).status, 404)
      })
    )

    it.scoped("takes its form from its own page only", () =>
      Effect.gen(function* () {
        for (const headers of [
          { "sec-fetch-site": "cross-site" },
          { origin: "https://elsewhere.example" },
          { origin: "null" },
          {}
        ]) {
          const answer = yield* signIn(token, headers)
          assert.strictEqual(answer.status, 403)
          assert.isEmpty(answer.headers.getSetCookie())
        }
        const { url } = yield* Service
        assert.strictEqual((yield* signIn(token, { origin: url })).status, 303)
      })
    )

    it.scoped("gives a browser a cookie that no script, no other site and no other host gets", () =>
      Effect.gen(function* () {
        const { headers, status } = yield* signIn(token)
        assert.strictEqual(status, 303)
        const [cookie = "", ...more] = headers.getSetCookie()
        assert.isEmpty(more)
        assert.match(
          cookie,
          /^__Host-admin=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/
        )
      })
    )

    it.scoped("says to who comes back without the cookie why the form is there again", () =>
      Effect.gen(function* () {
        const { headers } = yield* signIn(token)
        assert.strictEqual(headers.get("location"), "/admin?signed-in")
        const kept = yield* send("/admin?signed-in", { headers: { cookie: cookieOf(headers) } })
        assert.strictEqual(kept.status, 303, "and the address bar is that of the dashboard")
        assert.strictEqual(kept.headers.get("location"), "/admin")
        const lost = yield* send("/admin?signed-in")
        assert.strictEqual(lost.headers.get("location"), "/admin/sign-in?no-cookie")
        const form = yield* send("/admin/sign-in?no-cookie")
        assert.strictEqual(form.status, 200)
        assert.include(form.text, "The token was right, but your browser did not keep the cookie")
        assert.include(form.text, "https")
        assert.notInclude((yield* send("/admin/sign-in")).text, "cookie")
      })
    )

    it.scoped("tells nothing to pages of other origins, also of the same site", () =>
      Effect.gen(function* () {
        const cookie = yield* signedIn
        for (const elsewhere of [
          { origin: "https://app.example.com" },
          { origin: "https://app.example.com", "sec-fetch-site": "same-site" },
          { "sec-fetch-site": "cross-site" }
        ]) {
          const headers = { cookie, ...elsewhere }
          assert.strictEqual((yield* send("/admin/events", { headers })).status, 403)
        }
      })
    )

    it.scoped("is a page that runs nothing but its own files, and that nobody frames", () =>
      Effect.gen(function* () {
        const cookie = yield* signedIn
        const { headers, status, text } = yield* send("/admin", { headers: { cookie } })
        assert.strictEqual(status, 200)
        const policy = headers.get("content-security-policy") ?? ""
        assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
        assert.notMatch(policy, /unsafe|\*|https?:/)
        assert.notMatch(text, /<script(?![^>]* src=)|<style|style=|onclick/)
        assert.notInclude(text, token)
        for (const [, path = ""] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
          const file = yield* send(path)
          assert.strictEqual(file.status, 200, path)
          assert.strictEqual(
            file.headers.get("cache-control"),
            "public, max-age=31536000, immutable"
          )
          assert.match(file.headers.get("content-type") ?? "", /^text\/(css|javascript); charset/)
        }
      })
    )

    it.scoped(
      "tells all that it knows at once, then a second at a time, and no address or secret",
      () =>
        Effect.gen(function* () {
          const { answer, close, text } = yield* streamed(yield* signedIn, "event: tick")
          assert.strictEqual(answer.headers.get("content-type"), "text/event-stream; charset=utf-8")
          assert.match(text, /^retry: 2000\n\nevent: snapshot\nid: [0-9a-f]{8}-\d+\ndata: \{/)
          assert.notMatch(text, /@|__Host|select /)
          assert.notInclude(text, token)
          close()
        })
    )

    it.scoped("asks the database when a page opens, and not when one connects again", () =>
      Effect.gen(function* () {
        const cookie = yield* signedIn
        const first = yield* streamed(cookie, "event: audit")
        assert.include(first.text, "77777777-0000-4000-8000-000000000000")
        first.close()
        // The pause between two looks at the audit log.
        yield* Effect.sleep("2100 millis")
        const asked = statements.length
        const again = yield* streamed(cookie, "event: tick", { "last-event-id": "x" })
        assert.include(again.text, "192.0.2.0/24", "it knows what was read")
        again.close()
        assert.strictEqual(statements.length, asked)
        const other = yield* streamed(cookie, "event: audit")
        other.close()
        assert.strictEqual(statements.length, asked + 1)
      })
    )

    it.scoped("ends the pages of who signs out", () =>
      Effect.gen(function* () {
        const cookie = yield* signedIn
        const page = yield* Effect.fork(streamed(cookie, "never"))
        yield* Effect.sleep("100 millis")
        const foreign = yield* send("/admin/sign-out", { method: "POST", headers: { cookie } })
        assert.strictEqual(foreign.status, 403)
        const left = yield* send("/admin/sign-out", {
          method: "POST",
          headers: { cookie, "sec-fetch-site": "same-origin" }
        })
        assert.strictEqual(left.status, 303)
        assert.include(left.headers.getSetCookie()[0], "__Host-admin=; Max-Age=0")
        const { text } = yield* page
        assert.include(text, "event: snapshot")
        assert.strictEqual((yield* send("/admin/events", { headers: { cookie } })).status, 401)
      })
    )

    it.scoped("tells twenty pages at a time, and one more when one has left", () =>
      Effect.gen(function* () {
        const cookie = yield* signedIn
        const open = streamed(cookie, "event: snapshot")
        const pages = yield* Effect.all(Array.from({ length: 20 }, () => open))
        const refused = yield* send("/admin/events", { headers: { cookie } })
        assert.strictEqual(refused.status, 503)
        assert.strictEqual(refused.headers.get("retry-after"), "30")
        pages[0]?.close()
        yield* Effect.sleep("200 millis")
        const next = yield* open
        assert.strictEqual(next.answer.status, 200)
        for (const { close } of [...pages, next]) close()
      })
    )

    it.scoped("slows down who tries wrong tokens", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* signIn("x".repeat(20_000))).status, 400)
        const wrong = yield* signIn("not the token at all")
        assert.strictEqual(wrong.status, 401)
        assert.include(wrong.text, "This is not the token.")
        assert.isEmpty(wrong.headers.getSetCookie())
        const tries = Array.from({ length: 6 }, () => signIn("not the token at all"))
        const answers = yield* Effect.all(tries, { concurrency: "unbounded" })
        const refused = answers.find(({ status }) => status === 429) ?? assert.fail()
        assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]$/)
        assert.include(refused.text, "it was not looked at")
      })
    )
  })
})
