import { SqlClient } from "@effect/sql"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { at, breachedPassword, contextWord } from "../../support/AuthServices.ts"
import {
  begun,
  changePassword,
  newPerson,
  type OnAuth,
  type Person,
  reset,
  resetToken,
  signIn,
  signUp
} from "../Person.ts"
import { freshEmail } from "../Service.ts"

/** How the service takes a password at each of the three places where one is chosen. */
const chosen = (password: string) =>
  Effect.gen(function* () {
    const person = yield* newPerson()
    const token = yield* resetToken(person.email)
    const answers = [
      yield* signUp({ email: freshEmail(), password }),
      yield* reset(token, password),
      yield* changePassword((yield* newPerson()).token, person.password, password)
    ]
    return answers.map(({ status }) => status)
  })

const taken = [201, 204, 200]
const refused = [400, 400, 400]

const aged = ({ id }: Person) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      update users set created_at = now() - interval '9 years', updated_at = now() - interval '9 years'
      where id = ${id}`
  )

const opens = (person: Person, password: string) =>
  Effect.map(signIn({ ...person, password }), ({ status }) => status === 200)

/** OWASP ASVS 5.0, V6.2: passwords. */
export const passwordsSuite = (it: OnAuth) =>
  describe("V6.2 password security", () => {
    it.effect("6.2.1 a password has at least 8 characters, whatever their size in bytes", () =>
      Effect.gen(function* () {
        for (const short of ["sevench", "\u{1f40e}".repeat(7)]) {
          assert.deepStrictEqual(yield* chosen(short), refused)
        }
        assert.deepStrictEqual(yield* chosen("eight ch"), taken)
        assert.deepStrictEqual(yield* chosen("\u{1f40e}".repeat(8)), taken)
      })
    )

    it.effect("6.2.2 users can change their password", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const answer = yield* changePassword(person.token, person.password, "the next one")
        assert.strictEqual(answer.status, 200)
        assert.isTrue(yield* opens(person, "the next one"))
        assert.isFalse(yield* opens(person, person.password))
      })
    )

    it.effect("6.2.3 changing a password needs the current one and the new one", () =>
      Effect.gen(function* () {
        const { password, token } = yield* newPerson()
        const wrong = yield* changePassword(token, "not the password", "the next one")
        assert.strictEqual(wrong.status, 403)
        for (const [current, next] of [
          ["", "the next one"],
          [password, ""]
        ] as const) {
          assert.strictEqual((yield* changePassword(token, current, next)).status, 400)
        }
      })
    )

    it.effect("6.2.4 the most common passwords are refused wherever one is chosen", () =>
      Effect.gen(function* () {
        for (const common of ["password", "12345678", "iloveyou"]) {
          assert.deepStrictEqual(yield* chosen(common), refused, common)
        }
      })
    )

    it.effect("6.2.5 no kind of character is asked for, and none is forbidden", () =>
      Effect.gen(function* () {
        for (const password of [
          "onlylowercaseletters",
          "ONLYUPPERCASELETTERS",
          "8471029365",
          "!?&%$ ()=[]{}<>'\"\\/",
          "пароль из букв",
          "馬馬馬馬馬馬馬馬",
          "   spaces   "
        ]) {
          assert.deepStrictEqual(yield* chosen(password), taken, password)
        }
      })
    )

    it.effect(
      "6.2.8 a password is verified as it was received: no case, space or tail is lost",
      () =>
        Effect.gen(function* () {
          const password = " Correct Horse  Battery \u{1f40e} x\u00b2 "
          const person = yield* newPerson({ password })
          assert.isTrue(yield* opens(person, password))
          for (const other of [
            password.toLowerCase(),
            password.trim(),
            password.replace("  ", " "),
            password.slice(0, -1),
            `${password}x`,
            password.replace("\u00b2", "2")
          ]) {
            assert.isFalse(yield* opens(person, other), JSON.stringify(other))
          }
        }).pipe(at("direct"))
    )

    it.effect("6.2.9 passwords of 64 characters are taken, and of 256", () =>
      Effect.gen(function* () {
        for (const length of [64, 256]) {
          assert.deepStrictEqual(yield* chosen("\u{1f40e}".repeat(length)), taken)
        }
      })
    )

    it.effect("6.2.10 no password expires: years later it opens what it opened", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        yield* aged(person)
        const answer = yield* signIn(person)
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(begun(answer).id, person.id)
      })
    )

    it.effect("6.2.11 words of the context, which whoever deploys it lists, are refused", () =>
      Effect.gen(function* () {
        for (const password of [`${contextWord} 2026`, `my ${contextWord.toUpperCase()} key`]) {
          assert.deepStrictEqual(yield* chosen(password), refused)
        }
      }).pipe(at("careful"))
    )

    it.effect("6.2.12 passwords that are known from a breach are refused", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* chosen(breachedPassword), refused)
        assert.deepStrictEqual(yield* chosen(`${breachedPassword}, not`), taken)
      }).pipe(at("careful"))
    )
  })
