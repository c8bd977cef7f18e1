import { SqlClient } from "@effect/sql"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { defaultLimits } from "../../../src/auth/ThrottleLimits.ts"
import { MemoryMailer } from "../../../src/testing/MemoryMailer.ts"
import { at } from "../../support/AuthServices.ts"
import {
  ask,
  changePassword,
  goodPassword,
  letter,
  newPerson,
  type OnAuth,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  tokenFor,
  verify
} from "../Person.ts"
import { freshEmail, send, shape } from "../Service.ts"
import { securityPage } from "./SecurityPage.ts"

const Contract = Schema.decodeUnknownSync(
  Schema.Struct({ paths: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
)

const paths = Effect.map(send("/openapi.json"), ({ json }) => Contract(json).paths)

const askForReset = (email: string) =>
  ask("POST", "/auth/password/reset-request", { json: { email } })

const inWords = (duration: Duration.DurationInput) => Duration.format(Duration.decode(duration))

/** OWASP ASVS 5.0, V6.1 and V6.3: authentication as a whole. */
export const authenticationSuite = (it: OnAuth) =>
  describe("V6.1 and V6.3 authentication", () => {
    it.effect(
      "6.1.1 the limits on tries are documented as they are, and how nobody is locked out",
      () =>
        Effect.sync(() => {
          const { account, ...rates } = defaultLimits
          for (const [name, { burst, per }] of Object.entries(rates)) {
            assert.include(securityPage, `| \`${name}\` | ${burst} in ${inWords(per)} |`)
          }
          assert.include(securityPage, `${account.free} without a pause`)
          assert.include(
            securityPage,
            `${inWords(account.first)}, doubled up to ${inWords(account.longest)}`
          )
          assert.include(securityPage, "lock")
        })
    )

    it.effect("6.1.2 how a list of context-specific words is given is documented", () =>
      Effect.sync(() => assert.match(securityPage, /context-specific words.*BreachedPasswords/))
    )

    it.effect("6.1.3 every way to authenticate is documented with what controls it", () =>
      Effect.gen(function* () {
        for (const path of Object.keys(yield* paths)) {
          if (path.startsWith("/auth/")) assert.include(securityPage, `\`${path}\``, path)
        }
      })
    )

    it.effect(
      "6.3.1 guessing is slowed, at one account from anywhere and from one address at all",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson({}, { from: "192.0.2.1" })
          const wrong = { ...person, password: "not the password" }
          const atOne = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (last) =>
            signIn(wrong, { from: `10.1.0.${last}` })
          )
          assert.include(
            atOne.map(({ status }) => status),
            429
          )
          const fromOne = yield* Effect.forEach(
            Array.from({ length: 40 }),
            () => signIn({ email: freshEmail(), password: goodPassword }, { from: "192.0.2.2" }),
            { concurrency: "unbounded" }
          )
          assert.include(
            fromOne.map(({ status }) => status),
            429
          )
          const elsewhere = yield* newPerson({}, { from: "192.0.2.3" })
          assert.strictEqual((yield* signIn(elsewhere, { from: "192.0.2.3" })).status, 200)
        }).pipe(at("limited"))
    )

    it.effect("6.3.2 there are no default accounts", () =>
      Effect.gen(function* () {
        for (const name of ["root", "admin", "sa", "test", "testuser"]) {
          for (const password of ["password", "TestPass123", "administrator"]) {
            const answer = yield* signIn({ email: `${name}@example.com`, password })
            assert.strictEqual(answer.status, 401)
          }
        }
      })
    )

    it.effect("6.3.4 no way to a session is undocumented: three endpoints give one", () =>
      Effect.gen(function* () {
        const giving = Object.entries(yield* paths).filter(([, operations]) =>
          JSON.stringify(operations).includes('#/components/schemas/SignedIn"')
        )
        assert.sameMembers(
          giving.map(([path]) => path),
          ["/auth/signup", "/auth/signin", "/auth/password/change"]
        )
        for (const path of ["/auth/token", "/auth/login", "/auth/admin", "/auth/otp", "/debug"]) {
          assert.strictEqual((yield* ask("POST", path, { json: {} })).status, 404)
        }
      })
    )

    it.effect("6.3.7 users are told of a new password, and of a new address at the old one", () =>
      Effect.gen(function* () {
        const { email, password, token } = yield* newPerson()
        const json = { newEmail: freshEmail(), password }
        yield* ask("POST", "/auth/email/change", { token, json })
        yield* letter("address will change", email)
        yield* changePassword(token, password, "the next one")
        yield* letter("password changed", email)
      })
    )

    it.effect(
      "6.3.8 no message or code tells who has an account, at sign-in, sign-up and reset",
      () =>
        Effect.gen(function* () {
          const [known, unknown] = [freshEmail(), freshEmail()]
          yield* signUp({ email: known, password: goodPassword })
          yield* verify(yield* tokenFor("finish signing up", known))
          const wrong = "not the password"
          const pairs = [
            [
              yield* signIn({ email: known, password: wrong }),
              yield* signIn({ email: unknown, password: wrong })
            ],
            [
              yield* signUp({ email: known, password: wrong }),
              yield* signUp({ email: unknown, password: wrong })
            ],
            [yield* askForReset(known), yield* askForReset(freshEmail())]
          ] as const
          for (const [one, other] of pairs) assert.deepStrictEqual(shape(one), shape(other))
        }).pipe(at("verifyFirst"))
    )
  })

/** OWASP ASVS 5.0, V6.4 to V6.6: letters and their tokens. */
export const recoverySuite = (it: OnAuth) =>
  describe("V6.4 to V6.6 recovery", () => {
    it.effect("6.4.1 what a letter holds is random, expires, works once and is no password", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const token = yield* resetToken(email)
        assert.match(token, /^[\w-]{43}$/)
        assert.strictEqual((yield* signIn({ email, password: token })).status, 401)
        const sql = yield* SqlClient.SqlClient
        yield* sql`update one_time_tokens set expires = now() where email = ${email}`
        assert.strictEqual((yield* reset(token, "the next one")).status, 400)
        const fresh = yield* resetToken(email, 2)
        assert.strictEqual((yield* reset(fresh, "the next one")).status, 204)
        assert.strictEqual((yield* reset(fresh, "and another one")).status, 400)
      })
    )

    it.effect("6.4.2 there are no hints and no secret questions", () =>
      Effect.gen(function* () {
        const text = JSON.stringify(yield* paths)
        assert.notMatch(text, /hint|question|secretAnswer/i)
        const { email, password } = { email: freshEmail(), password: goodPassword }
        const answer = yield* signUp({ email, password, passwordHint: "c4n4ry" })
        assert.notInclude(answer.text, "c4n4ry")
      })
    )

    it.effect(
      "6.4.3 a reset goes to the owner's mailbox, ends all sessions and signs nobody in",
      () =>
        Effect.gen(function* () {
          const { email, token } = yield* newPerson()
          const forReset = yield* resetToken(email)
          const answer = yield* reset(forReset, "the next one")
          assert.deepStrictEqual([answer.status, answer.text], [204, ""])
          assert.deepStrictEqual(answer.headers.getSetCookie(), [])
          assert.strictEqual(yield* statusWith(token), 401)
          const letters = yield* Effect.flatMap(MemoryMailer, ({ received }) => received)
          assert.deepStrictEqual(
            letters.filter(({ text }) => text.includes(forReset)).map(({ to }) => to),
            [email]
          )
        })
    )

    it.effect("6.5.1 a token from a letter is good once, also for many at the same moment", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const token = yield* tokenFor("confirm address", email)
        const answers = yield* Effect.all(
          Array.from({ length: 10 }, () => verify(token)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          answers.filter(({ status }) => status === 204),
          1
        )
      })
    )

    it.effect("6.5.2 tokens are stored only as SHA-256 digests of 256 random bits", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const token = yield* resetToken(email)
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<{ text: string; bytes: number }>`
          select t::text as text, octet_length(token_digest) as bytes
          from one_time_tokens t where email = ${email}`
        assert.isAbove(rows.length, 0)
        for (const { bytes, text } of rows) {
          assert.strictEqual(bytes, 32)
          assert.notInclude(text, token)
          assert.notInclude(text, Buffer.from(token, "base64url").toString("hex"))
        }
      })
    )

    it.effect("6.5.3 tokens are random: no two share more than chance would have it", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const tokens = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (nth) => resetToken(email, nth))
        assert.strictEqual(new Set(tokens.map((token) => token.slice(0, 8))).size, tokens.length)
        assert.strictEqual(new Set(tokens.map((token) => token.slice(-8))).size, tokens.length)
      })
    )

    it.effect("6.5.4 a token has 256 bits", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        assert.lengthOf(Buffer.from(yield* resetToken(email), "base64url"), 32)
      })
    )

    it.effect("6.6.2 a token is good for what it was asked for, and not after a later change", () =>
      Effect.gen(function* () {
        const { email, password, token } = yield* newPerson()
        const proof = yield* tokenFor("confirm address", email)
        const forReset = yield* resetToken(email)
        assert.strictEqual((yield* reset(proof, "the next one")).status, 400)
        assert.strictEqual((yield* verify(forReset)).status, 400)
        yield* changePassword(token, password, "the next one")
        assert.strictEqual((yield* reset(forReset, "and another one")).status, 400)
      })
    )

    it.effect("6.6.3 guessing tokens is limited", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.forEach(
          Array.from({ length: 40 }),
          () => reset("A".repeat(43), "the next one", { from: "192.0.2.66" }),
          { concurrency: "unbounded" }
        )
        const statuses = answers.map(({ status }) => status)
        assert.sameMembers([...new Set(statuses)], [400, 429])
      }).pipe(at("limited"))
    )
  })
