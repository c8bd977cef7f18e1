import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import {
  another,
  ask,
  begun,
  changePassword,
  letter,
  lettersTo,
  newPerson,
  type OnAuth,
  reset,
  resetToken,
  signIn,
  statusWith,
  tagOf,
  verify
} from "../Person.ts"
import { freshEmail } from "../Service.ts"

const next = "an even quieter evening"

/** `POST /auth/password/change`. */
export const passwordChangeSuite = (it: OnAuth) =>
  describe("changing a password", () => {
    it.effect("gives a new session, ends all others, and is told by letter", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const phone = yield* another(person)
        const answer = yield* changePassword(person.token, person.password, next)
        assert.strictEqual(answer.status, 200)
        const changed = begun(answer)
        assert.strictEqual(changed.id, person.id)
        assert.notStrictEqual(changed.token, person.token)
        assert.strictEqual(yield* statusWith(changed.token), 200)
        for (const { token } of [person, phone]) assert.strictEqual(yield* statusWith(token), 401)
        assert.strictEqual((yield* signIn(person)).status, 401)
        assert.strictEqual((yield* signIn({ ...person, password: next })).status, 200)
        const { text } = yield* letter("password changed", person.email)
        assert.notInclude(text, next)
      })
    )

    it.effect("with a wrong current password answers 403, and the session goes on", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const answer = yield* changePassword(person.token, "not my password", next)
        assert.strictEqual(answer.status, 403)
        assert.strictEqual(tagOf(answer), "WrongPassword")
        assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        assert.strictEqual(yield* statusWith(person.token), 200)
        assert.strictEqual((yield* signIn(person)).status, 200)
      })
    )

    it.effect("with transport=cookie gives the new token to the browser alone", () =>
      Effect.gen(function* () {
        const { password: currentPassword, token } = yield* newPerson()
        const answer = yield* ask("POST", "/auth/password/change?transport=cookie", {
          token,
          json: { currentPassword, newPassword: next }
        })
        assert.strictEqual(answer.status, 200)
        assert.notInclude(answer.text, "sessionToken")
        const [cookie = ""] = answer.headers.getSetCookie()
        const [, given = ""] = /^__Host-session=([\w-]{43});/.exec(cookie) ?? []
        assert.strictEqual(yield* statusWith(given), 200)
      })
    )

    it.effect("to one that must not be chosen answers 400 and names the field, not the value", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        for (const refused of ["short", "password123", "1234567890"]) {
          const answer = yield* changePassword(person.token, person.password, refused)
          assert.strictEqual(answer.status, 400, refused)
          assert.include(answer.text, '"field":"newPassword"')
          assert.notInclude(answer.text, refused)
        }
        assert.strictEqual(yield* statusWith(person.token), 200)
      })
    )
  })

/** `POST /auth/password/reset-request` and `/auth/password/reset`. */
export const passwordResetSuite = (it: OnAuth) =>
  describe("a forgotten password", () => {
    it.effect("asking for a new one is answered the same whether or not there is an account", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const unknown = freshEmail()
        const request = (address: string) =>
          ask("POST", "/auth/password/reset-request", { json: { email: address } })
        const [nobody, somebody] = [yield* request(unknown), yield* request(email)]
        for (const { status, text } of [nobody, somebody]) {
          assert.strictEqual(status, 202)
          assert.strictEqual(text, "")
        }
        const names = (headers: Headers) => [...headers.keys()].sort()
        assert.deepStrictEqual(names(nobody.headers), names(somebody.headers))
        yield* letter("reset password", email)
        assert.deepStrictEqual(yield* lettersTo(unknown), [])
      })
    )

    it.effect("the letter sets it: every session ends, and nobody is signed in by it", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const phone = yield* another(person)
        const answer = yield* reset(yield* resetToken(person.email), next)
        assert.strictEqual(answer.status, 204)
        assert.strictEqual(answer.text, "")
        assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        for (const { token } of [person, phone]) assert.strictEqual(yield* statusWith(token), 401)
        assert.strictEqual((yield* signIn(person)).status, 401)
        assert.strictEqual((yield* signIn({ ...person, password: next })).status, 200)
        yield* letter("password changed", person.email)
      })
    )

    it.effect("the letter works once, and no letter that was asked for before works after it", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const [earlier, later] = [yield* resetToken(email, 1), yield* resetToken(email, 2)]
        assert.strictEqual((yield* reset(later, next)).status, 204)
        for (const token of [later, earlier]) {
          const answer = yield* reset(token, "and yet another one")
          assert.strictEqual(answer.status, 400)
          assert.strictEqual(tagOf(answer), "TokenInvalid")
        }
        assert.strictEqual((yield* signIn({ email, password: next })).status, 200)
      })
    )

    it.effect(
      "a token that is malformed, unknown, used or for something else gets one answer",
      () =>
        Effect.gen(function* () {
          const { email } = yield* newPerson()
          const used = yield* resetToken(email)
          yield* reset(used, next)
          const unused = yield* resetToken(email, 2)
          const wrong = ["", "c4n4ry", used, `${used}x`, unused.toLowerCase(), "A".repeat(43)]
          const resets = yield* Effect.forEach(wrong, (token) => reset(token, next))
          const proofs = yield* Effect.forEach([...wrong, unused], (token) => verify(token))
          for (const { status, text } of [...resets, ...proofs]) {
            assert.strictEqual(status, 400)
            assert.strictEqual(text, resets[0]?.text)
          }
          assert.strictEqual(tagOf(resets[0] ?? assert.fail("no answer")), "TokenInvalid")
          assert.strictEqual((yield* reset(unused, "still worth something")).status, 204)
        })
    )

    it.effect("a password that must not be chosen is refused, and the letter stays good", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const token = yield* resetToken(email)
        const refused = yield* reset(token, "password123")
        assert.strictEqual(refused.status, 400)
        assert.include(refused.text, '"field":"newPassword"')
        assert.strictEqual((yield* reset(token, next)).status, 204)
      })
    )
  })
