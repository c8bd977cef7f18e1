import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { at } from "../../support/AuthServices.ts"
import {
  ask,
  begun,
  letter,
  lettersTo,
  type OnAuth,
  goodPassword as password,
  signIn,
  signUp,
  statusWith,
  tagOf,
  tokenFor,
  verify
} from "../Person.ts"
import { freshEmail, shape } from "../Service.ts"

const withKey = (credentials: object, key: string) =>
  signUp(credentials, { headers: { "idempotency-key": key } })

/** Sign-ups with `Idempotency-Key`. */
export const idempotencySuite = (it: OnAuth) =>
  describe("a sign-up with an Idempotency-Key", () => {
    it.effect("sent again gives the same user and a session that works", () =>
      Effect.gen(function* () {
        const [credentials, key] = [{ email: freshEmail(), password }, crypto.randomUUID()]
        const first = yield* withKey(credentials, key)
        const second = yield* withKey(credentials, key)
        assert.deepStrictEqual([first.status, second.status], [201, 201])
        const [one, two] = [begun(first), begun(second)]
        assert.strictEqual(two.id, one.id)
        assert.notStrictEqual(two.token, one.token, "the first token is stored nowhere")
        for (const { token } of [one, two]) assert.strictEqual(yield* statusWith(token), 200)
      })
    )

    it.effect("answers 422 to another address or password, and neither changes anything", () =>
      Effect.gen(function* () {
        const [email, key] = [freshEmail(), crypto.randomUUID()]
        yield* withKey({ email, password }, key)
        const elsewhere = freshEmail()
        const answers = [
          yield* withKey({ email: elsewhere, password }, key),
          yield* withKey({ email, password: "another password" }, key)
        ]
        for (const answer of answers) {
          assert.strictEqual(answer.status, 422)
          assert.strictEqual(tagOf(answer), "IdempotencyKeyReused")
          assert.strictEqual(answer.text, answers[0]?.text)
        }
        assert.strictEqual((yield* signIn({ email: elsewhere, password })).status, 401)
        assert.strictEqual((yield* signIn({ email, password })).status, 200)
      })
    )

    it.effect("sent twenty times at once makes one user, and every answer's session works", () =>
      Effect.gen(function* () {
        const [credentials, key] = [{ email: freshEmail(), password }, crypto.randomUUID()]
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => withKey(credentials, key)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [201])
        assert.strictEqual(new Set(answers.map((answer) => begun(answer).id)).size, 1)
        const statuses = yield* Effect.forEach(answers, (answer) => statusWith(begun(answer).token))
        assert.deepStrictEqual([...new Set(statuses)], [200])
      })
    )

    it.effect("opens nobody's account: another key or none stays 409", () =>
      Effect.gen(function* () {
        const [credentials, key] = [{ email: freshEmail(), password }, crypto.randomUUID()]
        yield* withKey(credentials, key)
        const [other, none] = [
          yield* withKey(credentials, crypto.randomUUID()),
          yield* signUp(credentials)
        ]
        assert.deepStrictEqual([other.status, none.status], [409, 409])
      })
    )

    it.effect("that is malformed answers 400 and is not quoted", () =>
      Effect.gen(function* () {
        for (const key of ["", "with c4n4ry space", "c4n4ry".repeat(50)]) {
          const answer = yield* withKey({ email: freshEmail(), password }, key)
          assert.strictEqual(answer.status, 400, key)
          assert.include(answer.text, '"field":"Idempotency-Key"')
          assert.notInclude(answer.text, "c4n4ry")
        }
      })
    )
  })

/** Sign-ups that a letter decides about. */
export const verifyFirstSuite = (it: OnAuth) =>
  describe("a service that wants mailboxes proven first", () => {
    it.effect(
      "answers 202 with the same body for an address that is known and one that is not",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          const unknown = yield* signUp({ email, password })
          yield* verify(yield* tokenFor("finish signing up", email))
          const known = yield* signUp({ email, password: "another password" })
          assert.deepStrictEqual(shape(known), shape(unknown))
          assert.strictEqual(unknown.status, 202)
          assert.deepStrictEqual(unknown.json, { status: "check-your-mail" })
        }).pipe(at("verifyFirst"))
    )

    it.effect(
      "has the letter make the account, with the password of the sign-up, and no session",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          yield* signUp({ email, password })
          assert.strictEqual((yield* signIn({ email, password })).status, 401, "not before")
          const proven = yield* verify(yield* tokenFor("finish signing up", email))
          assert.strictEqual(proven.status, 204)
          assert.deepStrictEqual(proven.headers.getSetCookie(), [])
          assert.strictEqual((yield* signIn({ email, password })).status, 200)
        }).pipe(at("verifyFirst"))
    )

    it.effect("tells the owner of an account by letter, and changes nothing of theirs", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        yield* signUp({ email, password })
        yield* verify(yield* tokenFor("finish signing up", email))
        yield* signUp({ email, password: "another password" })
        const { text } = yield* letter("has an account", email)
        assert.notMatch(text, /#token=/)
        assert.strictEqual((yield* signIn({ email, password })).status, 200)
        const other = yield* signIn({ email, password: "another password" })
        assert.strictEqual(other.status, 401)
      }).pipe(at("verifyFirst"))
    )

    it.effect("sent again with its Idempotency-Key writes one letter", () =>
      Effect.gen(function* () {
        const [email, key] = [freshEmail(), crypto.randomUUID()]
        const first = yield* withKey({ email, password }, key)
        const second = yield* withKey({ email, password }, key)
        assert.deepStrictEqual(shape(first), shape(second))
        yield* verify(yield* tokenFor("finish signing up", email))
        yield* ask("POST", "/auth/password/reset-request", { json: { email } })
        yield* letter("reset password", email)
        assert.lengthOf(yield* lettersTo(email), 2)
      }).pipe(at("verifyFirst"))
    )

    it.effect("refuses a password that must not be chosen before it looks who it is", () =>
      Effect.gen(function* () {
        const answer = yield* signUp({ email: freshEmail(), password: "password123" })
        assert.strictEqual(answer.status, 400)
        assert.include(answer.text, '"field":"password"')
      }).pipe(at("verifyFirst"))
    )
  })
