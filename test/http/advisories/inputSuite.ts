import { SqlClient } from "@effect/sql"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { cheapHash } from "../../auth/CheapPasswords.ts"
import { AuthServices, at } from "../../support/AuthServices.ts"
import { publicUrl } from "../../support/RunningService.ts"
import {
  ask,
  goodPassword,
  letter,
  lettersTo,
  newPerson,
  type OnAuth,
  signIn,
  signUp
} from "../Person.ts"
import { exchange, head, statusOf } from "../RawSocket.ts"
import { freshEmail, shape } from "../Service.ts"

const evil = "https://evil.example"

const links = (text: string) => text.match(/https?:\/\/[^#\s]+/g) ?? []

const everyWay = (email: string, token: string) =>
  Effect.all([
    signUp({ email, password: goodPassword }),
    signIn({ email, password: goodPassword }),
    ask("POST", "/auth/password/reset-request", { json: { email } }),
    ask("POST", "/auth/email/change", { token, json: { newEmail: email, password: goodPassword } })
  ])

/** Advisories about what the service makes of what it is sent, and what it gives away. */
export const inputSuite = (it: OnAuth) =>
  describe("input", () => {
    it.effect(
      "8 better-auth CVE-2024-56734, CVE-2025-27143, CVE-2025-53535: no redirect is taken",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          const extra = { callbackURL: evil, redirectTo: evil, redirect_to: "//evil.example" }
          const query = `?callbackURL=${encodeURIComponent(evil)}&redirect_to=//evil.example`
          const answers = [
            yield* ask("POST", `/auth/signup${query}`, {
              json: { email, password: goodPassword, ...extra }
            }),
            yield* ask("POST", `/auth/password/reset-request${query}`, {
              json: { email, ...extra }
            }),
            yield* ask("POST", `/auth/email/verify${query}`, { json: { token: "x", ...extra } })
          ]
          for (const { headers, status } of answers) {
            assert.notOk(headers.has("location"))
            assert.oneOf(status, [201, 202, 400])
          }
          for (const about of ["confirm address", "reset password"] as const) {
            assert.notInclude((yield* letter(about, email)).text, "evil")
          }
        })
    )

    it.effect(
      "10 better-auth 1dbf5bb, GoTrue GHSA-3529-5m8x-rpv3: no header decides where a link leads",
      () =>
        Effect.gen(function* () {
          const { email } = yield* newPerson()
          const body = JSON.stringify({ email })
          const headers = [
            "Host: evil.example",
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Proto: http",
            'Forwarded: host="evil.example"',
            `Origin: ${evil}`,
            `Referer: ${evil}/`,
            "Content-Type: application/json",
            `Content-Length: ${body.length}`
          ]
          const request = head("POST /auth/password/reset-request", headers)
          const answer = yield* exchange([request.replace("Host: localhost\r\n", ""), body])
          assert.strictEqual(statusOf(answer), 202)
          const { text } = yield* letter("reset password", email)
          assert.deepStrictEqual(links(text), [`${publicUrl}/reset-password`])
          assert.notInclude(text, "evil")
        })
    )

    it.effect("12 Auth.js CVE-2022-35924: an address is one mailbox", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        const addresses = [
          "attacker@evil.example,victim@example.com",
          "attacker@evil.example;victim@example.com",
          "attacker@evil.example victim@example.com",
          "victim@example.com\r\nBcc: attacker@evil.example",
          "Victim <victim@example.com>",
          '"victim@example.com"@evil.example',
          "victim@example.com\0@evil.example",
          "victim@example.com%0aattacker@evil.example"
        ]
        for (const email of addresses) {
          for (const { status, text } of yield* everyWay(email, token)) {
            assert.strictEqual(status, 400, email)
            assert.notInclude(text, "evil")
          }
        }
      })
    )

    it.effect("13 Auth.js CVE-2022-31127: nothing that a stranger wrote is in a letter", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        const html = '"<a href=https://evil.example>click</a>"@example.com'
        for (const { status } of yield* everyWay(html, token)) assert.strictEqual(status, 400)
        const email = freshEmail()
        const headers = { "user-agent": "<b>evil</b>", origin: evil }
        yield* signUp({ email, password: goodPassword, name: "<b>evil</b>" }, { headers })
        const { subject, text } = yield* letter("confirm address", email)
        assert.notMatch(subject + text, /evil|<b>|@/)
      })
    )

    it.effect(
      "14 Django CVE-2019-19844: no letter to another spelling, and none of Unicode's",
      () =>
        Effect.gen(function* () {
          const name = crypto.randomUUID()
          const email = `mike-k-${name}@example.com`
          const { token } = yield* newPerson({ email })
          for (const lookalike of [
            `m\u0131ke-k-${name}@example.com`,
            `mike-\u212a-${name}@example.com`,
            `m\u0130ke-k-${name}@example.com`,
            `\uff4dike-k-${name}@example.com`
          ]) {
            for (const { status } of yield* everyWay(lookalike, token)) {
              assert.strictEqual(status, 400, lookalike)
            }
          }
          const spelled = `MIKE-K-${name}@EXAMPLE.com`
          yield* ask("POST", "/auth/password/reset-request", { json: { email: spelled } })
          assert.strictEqual((yield* letter("reset password", email)).to, email)
          assert.deepStrictEqual(yield* lettersTo(spelled), [])
        })
    )

    it.effect("15 Django CVE-2024-39329: nothing but time could tell what is the matter", () =>
      Effect.gen(function* () {
        const wrong = "not the password"
        const known = yield* newPerson()
        const sql = yield* SqlClient.SqlClient
        yield* sql`update users set email_verified = now() where email = ${known.email}`
        const answers = [
          yield* signIn({ email: freshEmail(), password: wrong }),
          yield* signIn({ ...known, password: wrong }),
          yield* signIn({ ...(yield* newPerson()), password: wrong })
        ]
        for (const answer of answers) {
          assert.deepStrictEqual(shape(answer), shape(answers[0] ?? answer))
          assert.strictEqual(answer.status, 401)
        }
      })
    )

    it.effect(
      "16 Django CVE-2016-2513: a hash of an older cost is renewed, and answers as any other",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const sql = yield* SqlClient.SqlClient
          const old = cheapHash(person.password, 1)
          yield* sql`update users set password_hash = ${old} where email = ${person.email}`
          const wrong = yield* signIn({ ...person, password: "not the password" })
          const unknown = yield* signIn({ email: freshEmail(), password: person.password })
          assert.deepStrictEqual(shape(wrong), shape(unknown))
          assert.strictEqual((yield* signIn(person)).status, 200)
          const [row] = yield* sql<{ password_hash: string }>`
          select password_hash from users where email = ${person.email}`
          assert.notStrictEqual(row?.password_hash, old)
          assert.strictEqual((yield* signIn(person)).status, 200)
        })
    )

    it.effect(
      "17 Django CVE-2013-1443, CVE-2023-46695: a huge password is refused before it costs anything",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          for (const [password, status] of [
            ["x".repeat(1_000_000), 413],
            ["x".repeat(10_000), 400],
            // Expands eighteenfold under NFKC.
            ["\ufdfa".repeat(3000), 400],
            ["x".repeat(257), 400]
          ] as const) {
            const up = yield* signUp({ email, password })
            const into = yield* signIn({ email, password })
            assert.deepStrictEqual([up.status, into.status], [status, status])
          }
        })
    )

    it.effect("21 Okta, bcrypt's 72 bytes: every character of a password counts", () =>
      Effect.gen(function* () {
        const password = `${"\u{1f40e}".repeat(40)} and a tail of its own`
        const person = yield* newPerson({ password })
        const other = yield* signIn({ ...person, password: password.replace("own", "OWN") })
        assert.strictEqual(other.status, 401)
        assert.strictEqual((yield* signIn(person)).status, 200)
        const longest = yield* newPerson({ password: "y".repeat(256) })
        const shorter = { ...longest, password: "y".repeat(255) }
        assert.strictEqual((yield* signIn(shorter)).status, 401)
        assert.strictEqual((yield* signIn(longest)).status, 200)
      }).pipe(at("direct"))
    )

    it.effect("22 Supabase #2674, #2223: an unknown address costs a hash as a known one does", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const { compared } = yield* AuthServices
        const before = compared()
        const password = "not the password"
        assert.strictEqual((yield* signIn({ ...person, password })).status, 401)
        assert.strictEqual(compared(), before + 1)
        // Passwords.test.ts: without a hash, a comparison takes the same time.
        assert.strictEqual((yield* signIn({ email: freshEmail(), password })).status, 401)
        assert.strictEqual(compared(), before + 2)
      }).pipe(at("direct"))
    )

    it.effect(
      "26 Devise CVE-2026-40295: an expired session sends nobody where the Referer says",
      () =>
        Effect.gen(function* () {
          const answer = yield* ask("GET", "/auth/session", {
            token: "A".repeat(43),
            headers: { referer: evil }
          })
          assert.strictEqual(answer.status, 401)
          assert.notOk(answer.headers.has("location"))
          assert.notInclude(answer.text, "evil")
        })
    )
  })
