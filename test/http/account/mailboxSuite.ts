import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  another,
  ask,
  letter,
  lettersTo,
  newPerson,
  type OnAuth,
  type Person,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  tagOf,
  tokenFor,
  verify
} from "../Person.ts"
import { freshEmail } from "../Service.ts"

const Who = Schema.decodeUnknownSync(
  Schema.Struct({
    user: Schema.Struct({ email: Schema.String, emailVerified: Schema.NullOr(Schema.String) })
  })
)

const userOf = ({ token }: Person) =>
  Effect.map(ask("GET", "/auth/session", { token }), ({ json }) => Who(json).user)

const changeEmail = ({ token }: Person, newEmail: string, password: string) =>
  ask("POST", "/auth/email/change", { token, json: { newEmail, password } })

/** `POST /auth/email/verify-request` and `/auth/email/verify`. */
export const verificationSuite = (it: OnAuth) =>
  describe("proving an address", () => {
    it.effect("a sign-up sends a letter, whose token proves the address, once", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const token = yield* tokenFor("confirm address", person.email)
        assert.isNull((yield* userOf(person)).emailVerified)
        const proven = yield* verify(token)
        assert.strictEqual(proven.status, 204)
        assert.deepStrictEqual(proven.headers.getSetCookie(), [])
        assert.isNotNull((yield* userOf(person)).emailVerified)
        const again = yield* verify(token)
        assert.strictEqual(again.status, 400)
        assert.strictEqual(tagOf(again), "TokenInvalid")
      })
    )

    it.effect("another letter can be asked for, until the address is proven", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const request = ask("POST", "/auth/email/verify-request", { token: person.token })
        const first = yield* tokenFor("confirm address", person.email)
        assert.strictEqual((yield* request).status, 202)
        const second = yield* tokenFor("confirm address", person.email, 2)
        assert.strictEqual((yield* verify(second)).status, 204)
        assert.strictEqual((yield* verify(first)).status, 204, "it proves the same again")
        assert.strictEqual((yield* request).status, 202)
        yield* ask("POST", "/auth/password/reset-request", { json: { email: person.email } })
        yield* letter("reset password", person.email)
        assert.lengthOf(yield* lettersTo(person.email), 3, "none about what is proven")
      })
    )

    it.effect("asking for one needs a session", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* ask("POST", "/auth/email/verify-request")).status, 401)
      })
    )
  })

/** `POST /auth/email/change`. */
export const emailChangeSuite = (it: OnAuth) =>
  describe("changing an address", () => {
    it.effect("happens once the new one is proven, and the old one is told beforehand", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const newEmail = freshEmail()
        const answer = yield* changeEmail(person, newEmail, person.password)
        assert.strictEqual(answer.status, 202)
        yield* letter("address will change", person.email)
        const token = yield* tokenFor("confirm new address", newEmail)
        assert.strictEqual((yield* userOf(person)).email, person.email, "not yet")
        assert.strictEqual((yield* signIn({ ...person, email: newEmail })).status, 401)

        assert.strictEqual((yield* verify(token)).status, 204)
        const user = yield* userOf(person)
        assert.strictEqual(user.email, newEmail)
        assert.isNotNull(user.emailVerified)
        assert.strictEqual((yield* signIn({ ...person, email: newEmail })).status, 200)
        assert.strictEqual((yield* signIn(person)).status, 401)
      })
    )

    it.effect("is told to the address that was replaced, once it has happened", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        yield* verify(yield* tokenFor("confirm address", person.email))
        const newEmail = freshEmail()
        yield* changeEmail(person, newEmail, person.password)
        yield* verify(yield* tokenFor("confirm new address", newEmail))
        const { text } = yield* letter("address changed", person.email)
        assert.notMatch(text, /#token=/)
        assert.notInclude(text, newEmail)
      })
    )

    it.effect("is taken back by the link of the letter that announced it; then a reset works", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        yield* verify(yield* tokenFor("confirm address", person.email))
        const newEmail = freshEmail()
        yield* changeEmail(person, newEmail, person.password)
        const keeping = yield* tokenFor("address will change", person.email)
        yield* verify(yield* tokenFor("confirm new address", newEmail))
        assert.strictEqual((yield* verify(keeping)).status, 204)
        assert.strictEqual(yield* statusWith(person.token), 401)
        for (const email of [person.email, newEmail]) {
          assert.strictEqual((yield* signIn({ ...person, email })).status, 401)
        }
        yield* reset(yield* resetToken(person.email), "found my way back")
        const back = { email: person.email, password: "found my way back" }
        assert.strictEqual((yield* signIn(back)).status, 200)
      })
    )

    it.effect("needs the password: a wrong one answers 403 and writes no letter", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const newEmail = freshEmail()
        const answer = yield* changeEmail(person, newEmail, "not my password")
        assert.strictEqual(answer.status, 403)
        assert.strictEqual(tagOf(answer), "WrongPassword")
        assert.strictEqual(yield* statusWith(person.token), 200)
        yield* ask("POST", "/auth/password/reset-request", { json: { email: person.email } })
        yield* letter("reset password", person.email)
        assert.deepStrictEqual(yield* lettersTo(newEmail), [])
      })
    )

    it.effect("an address that is taken gets the same answer, and only its owner is told", () =>
      Effect.gen(function* () {
        const [person, owner] = [yield* newPerson(), yield* newPerson()]
        const free = yield* changeEmail(person, freshEmail(), person.password)
        const taken = yield* changeEmail(person, owner.email, person.password)
        assert.strictEqual(taken.status, free.status)
        assert.strictEqual(taken.text, free.text)
        const { text } = yield* letter("address taken", owner.email)
        assert.notMatch(text, /#token=/)
      })
    )

    it.effect(
      "an address that was taken meanwhile answers 409, and the account keeps its own",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const newEmail = freshEmail()
          yield* changeEmail(person, newEmail, person.password)
          const token = yield* tokenFor("confirm new address", newEmail)
          yield* newPerson({ email: newEmail })
          const answer = yield* verify(token)
          assert.strictEqual(answer.status, 409)
          assert.strictEqual(tagOf(answer), "EmailTaken")
          assert.strictEqual((yield* userOf(person)).email, person.email)
        })
    )
  })

/** `DELETE /auth/account`. */
export const deletionSuite = (it: OnAuth) =>
  describe("deleting an account", () => {
    const remove = ({ token }: Person, password: string) =>
      ask("DELETE", "/auth/account", { token, json: { password } })

    it.effect("ends all its sessions, and the address is free again", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const phone = yield* another(person)
        const answer = yield* remove(person, person.password)
        assert.strictEqual(answer.status, 204)
        assert.match(answer.headers.getSetCookie().join(), /^__Host-session=; Max-Age=0/)
        for (const { token } of [person, phone]) assert.strictEqual(yield* statusWith(token), 401)
        assert.strictEqual((yield* signIn(person)).status, 401)
        const again = yield* signUp({ email: person.email, password: person.password })
        assert.strictEqual(again.status, 201)
      })
    )

    it.effect("needs the password, and a session", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const wrong = yield* remove(person, "not my password")
        assert.strictEqual(wrong.status, 403)
        assert.strictEqual(tagOf(wrong), "WrongPassword")
        assert.deepStrictEqual(wrong.headers.getSetCookie(), [])
        const json = { password: person.password }
        assert.strictEqual((yield* ask("DELETE", "/auth/account", { json })).status, 401)
        assert.strictEqual(
          (yield* ask("DELETE", "/auth/account", { token: person.token })).status,
          415
        )
        assert.strictEqual(yield* statusWith(person.token), 200)
      })
    )
  })
