import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { at } from "../../support/AuthServices.ts"
import {
  another,
  ask,
  begun,
  goodPassword,
  newPerson,
  type OnAuth,
  type Person,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  tokenFor,
  verify
} from "../Person.ts"
import { freshEmail } from "../Service.ts"

const changeEmail = ({ password, token }: Person, newEmail: string) =>
  ask("POST", "/auth/email/change", { token, json: { newEmail, password } })

const Who = Schema.decodeUnknownSync(
  Schema.Struct({ user: Schema.Struct({ email: Schema.String }) })
)

const emailOf = (token: string) =>
  Effect.map(ask("GET", "/auth/session", { token }), ({ json }) => Who(json).user.email)

/** Advisories about whose account something is done to. */
export const identitySuite = (it: OnAuth) =>
  describe("identity", () => {
    it.effect("1 better-auth CVE-2025-61928: no endpoint takes from the body who it acts for", () =>
      Effect.gen(function* () {
        const [victim, attacker] = [yield* newPerson(), yield* newPerson()]
        const identity = {
          userId: victim.id,
          id: victim.id,
          user: { id: victim.id },
          session: null
        }
        const json = { ...identity, email: victim.email, password: attacker.password }
        const requests = [
          ["POST", "/auth/password/change"],
          ["POST", "/auth/email/change"],
          ["POST", "/auth/email/verify-request"],
          ["DELETE", "/auth/account"],
          ["DELETE", "/auth/sessions"]
        ] as const
        for (const [method, path] of requests) {
          assert.strictEqual((yield* ask(method, path, { json })).status, 401, path)
        }
        const own = yield* ask("DELETE", "/auth/account", { json, token: attacker.token })
        assert.strictEqual(own.status, 204)
        assert.strictEqual(yield* statusWith(attacker.token), 401, "their own is gone")
        assert.strictEqual(yield* statusWith(victim.token), 200)
      })
    )

    it.effect(
      "6 better-auth GHSA-xg6x-h9c9-2m83: no copy of a session outlives it, on any instance",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const elsewhere = at("verifyFirst")(statusWith(person.token))
          assert.deepStrictEqual([yield* statusWith(person.token), yield* elsewhere], [200, 200])
          yield* ask("POST", "/auth/signout", { token: person.token })
          assert.deepStrictEqual([yield* statusWith(person.token), yield* elsewhere], [401, 401])
        })
    )

    it.effect("7 better-auth multi-session: signing out ends no session but the token's own", () =>
      Effect.gen(function* () {
        const [victim, attacker] = [yield* newPerson(), yield* newPerson()]
        const cookies = [victim.sessionId, victim.id, `${attacker.token}.${victim.sessionId}`]
        for (const value of cookies) {
          const cookie = `__Host-session=${value}; session_${victim.sessionId}=${victim.sessionId}`
          const headers = { cookie, "sec-fetch-site": "same-origin" }
          assert.strictEqual((yield* ask("POST", "/auth/signout", { headers })).status, 401)
        }
        yield* ask("POST", "/auth/signout", {
          token: attacker.token,
          json: { sessionId: victim.sessionId, userId: victim.id }
        })
        assert.strictEqual(yield* statusWith(victim.token), 200)
      })
    )

    it.effect("9 better-auth #7196: the old address stays until the new one is proven", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const mistyped = freshEmail()
        yield* changeEmail(person, mistyped)
        yield* tokenFor("confirm new address", mistyped)
        assert.strictEqual(yield* emailOf(person.token), person.email)
        yield* reset(yield* resetToken(person.email), "found my way back")
        const back = { email: person.email, password: "found my way back" }
        assert.strictEqual((yield* signIn(back)).status, 200)
        const late = yield* verify(yield* tokenFor("confirm new address", mistyped))
        assert.strictEqual(late.status, 400, "after a reset it is no good any more")
      })
    )

    it.effect(
      "18 Devise CVE-2026-32700: of two addresses asked for at once one is given, by its own letter",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const wanted = [freshEmail(), freshEmail()]
          yield* Effect.all(
            wanted.map((email) => changeEmail(person, email)),
            { concurrency: "unbounded" }
          )
          const tokens = yield* Effect.forEach(wanted, (email) =>
            tokenFor("confirm new address", email)
          )
          const statuses = yield* Effect.all(
            tokens.map((token) => Effect.map(verify(token), ({ status }) => status)),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(statuses.toSorted(), [204, 400])
          const given = wanted.filter((_, index) => statuses[index] === 204)
          assert.deepStrictEqual(given, [yield* emailOf(person.token)])
        })
    )

    it.effect(
      "18 Devise CVE-2026-32700: a mistyped address gives nobody the account, once it was corrected",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const [mistyped, meant] = [freshEmail(), freshEmail()]
          yield* changeEmail(person, mistyped)
          const squatters = yield* tokenFor("confirm new address", mistyped)
          yield* changeEmail(person, meant)
          assert.strictEqual((yield* verify(squatters)).status, 400, "before the right one is used")
          const right = yield* verify(yield* tokenFor("confirm new address", meant))
          assert.strictEqual(right.status, 204)
          assert.strictEqual((yield* verify(squatters)).status, 400, "and after it")
          assert.strictEqual(yield* emailOf(person.token), meant)
        })
    )

    it.effect(
      "25 better-auth GHSA-cq3f-vc6p-68fh: a token that is nobody's yet opens nobody's account",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          yield* at("verifyFirst")(signUp({ email, password: goodPassword }))
          const token = yield* tokenFor("finish signing up", email)
          assert.strictEqual((yield* reset(token, "another password")).status, 400)
          assert.strictEqual(yield* statusWith(token), 401)
          assert.strictEqual((yield* verify(token)).status, 204, "what it is for, it does")
        })
    )

    it.effect("29 session fixation: signing in ends the session that the client came with", () =>
      Effect.gen(function* () {
        const planted = yield* newPerson()
        const victim = yield* newPerson()
        const answer = yield* signIn(victim, {
          headers: { cookie: `__Host-session=${planted.token}`, "sec-fetch-site": "same-origin" }
        })
        assert.strictEqual(answer.status, 200)
        assert.notStrictEqual(begun(answer).token, planted.token)
        assert.strictEqual(yield* statusWith(planted.token), 401)
        const again = yield* signIn(victim, { token: begun(answer).token })
        assert.strictEqual(yield* statusWith(begun(answer).token), 401)
        assert.strictEqual(yield* statusWith(begun(again).token), 200)
      })
    )

    it.effect(
      "30 better-auth, account pre-hijack: whoever proves the mailbox ends what was there",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          const squatter = yield* newPerson({ email, password: "of the squatter" })
          const second = yield* another(squatter)
          yield* reset(yield* resetToken(email), goodPassword)
          for (const { token } of [squatter, second]) {
            assert.strictEqual(yield* statusWith(token), 401)
          }
          assert.strictEqual((yield* signIn(squatter)).status, 401)
          assert.strictEqual((yield* signIn({ email, password: goodPassword })).status, 200)
        })
    )

    it.effect(
      "30 better-auth, account pre-hijack: where mailboxes are proven first, nobody squats",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          yield* signUp({ email, password: "of the squatter" })
          const squatters = yield* tokenFor("finish signing up", email, 1)
          yield* signUp({ email, password: goodPassword })
          yield* verify(yield* tokenFor("finish signing up", email, 2))
          assert.strictEqual((yield* signIn({ email, password: goodPassword })).status, 200)
          assert.strictEqual((yield* signIn({ email, password: "of the squatter" })).status, 401)
          assert.oneOf((yield* verify(squatters)).status, [400, 409])
          assert.strictEqual((yield* signIn({ email, password: goodPassword })).status, 200)
        }).pipe(at("verifyFirst"))
    )
  })
