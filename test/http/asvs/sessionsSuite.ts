import { SqlClient } from "@effect/sql"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { MOST_SESSIONS } from "../../../src/auth/NewSession.ts"
import { SessionExpiry } from "../../../src/auth/SessionExpiry.ts"
import {
  another,
  ask,
  begun,
  changePassword,
  newPerson,
  type OnAuth,
  type Person,
  goodPassword as password,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  tokenFor,
  verify
} from "../Person.ts"
import { freshEmail } from "../Service.ts"
import { securityPage } from "./SecurityPage.ts"

const ends = (person: Person) =>
  Effect.map(statusWith(person.token), (status) => assert.strictEqual(status, 401))

/** Moves a session into the past by changing a column of it. */
const aged = ({ sessionId }: Person, column: "last_seen" | "expires", interval: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      update sessions set ${sql(column)} = now() - ${interval}::interval where id = ${sessionId}`
  )

/** OWASP ASVS 5.0, V7: sessions. */
export const sessionsSuite = (it: OnAuth) =>
  describe("V7 session management", () => {
    it.effect("7.1.1 when sessions end by themselves is documented as it is", () =>
      Effect.gen(function* () {
        const { absolute, idle } = yield* SessionExpiry
        assert.include(securityPage, `${Duration.format(idle)} without use`)
        assert.include(securityPage, `${Duration.format(absolute)} after it began`)
      })
    )

    it.effect("7.1.2 how many sessions one account may have is documented", () =>
      Effect.sync(() => assert.include(securityPage, `most ${MOST_SESSIONS} sessions`))
    )

    it.effect("7.2.1 a token is verified by the service: any change to it is noticed", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        for (let index = 0; index < token.length; index += 6) {
          const other = token[index] === "A" ? "B" : "A"
          const forged = token.slice(0, index) + other + token.slice(index + 1)
          assert.strictEqual(yield* statusWith(forged), 401)
        }
        assert.strictEqual(yield* statusWith(token), 200)
      })
    )

    it.effect(
      "7.2.2 a session has a token of its own: none is fixed or made of what is known",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const known = [person.id, person.sessionId, person.email, person.password, "admin"]
          for (const value of known) {
            assert.strictEqual(yield* statusWith(value), 401)
            const encoded = Buffer.from(value).toString("base64url")
            assert.strictEqual(yield* statusWith(encoded.padEnd(43, "A").slice(0, 43)), 401)
          }
          assert.notStrictEqual((yield* another(person)).token, person.token)
        })
    )

    it.effect("7.2.3 a token is unique and has 256 random bits", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const others = yield* Effect.forEach(Array.from({ length: 9 }), () => another(person))
        const tokens = [person, ...others].map(({ token }) => token)
        for (const token of tokens) assert.lengthOf(Buffer.from(token, "base64url"), 32)
        assert.strictEqual(new Set(tokens.map((token) => token.slice(0, 8))).size, 10)
        assert.strictEqual(new Set(tokens.map((token) => token.slice(-8))).size, 10)
      })
    )

    it.effect(
      "7.2.4 authenticating, again as well, gives a new token and ends the current one",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const again = begun(yield* signIn(person, { token: person.token }))
          assert.notStrictEqual(again.token, person.token)
          yield* ends(person)
          const changed = begun(yield* changePassword(again.token, person.password, "the next one"))
          yield* ends({ ...person, ...again })
          assert.strictEqual(yield* statusWith(changed.token), 200)
        })
    )

    it.effect("7.3.1 a session ends after a day without use", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        yield* aged(person, "last_seen", "23 hours")
        assert.strictEqual(yield* statusWith(person.token), 200)
        const unused = yield* another(person)
        yield* aged(unused, "last_seen", "24 hours 1 second")
        yield* ends(unused)
      })
    )

    it.effect("7.3.2 a session ends at its absolute end, however much it is used", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        assert.strictEqual(yield* statusWith(person.token), 200)
        yield* aged(person, "expires", "1 second")
        yield* ends(person)
      })
    )

    it.effect(
      "7.4.1 a session that has ended, by signing out or by time, opens nothing again",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson()
          const other = yield* another(person)
          yield* ask("POST", "/auth/signout", { token: person.token })
          yield* aged(other, "expires", "1 second")
          for (const { token } of [person, other]) {
            for (const [method, path] of [
              ["GET", "/auth/session"],
              ["GET", "/auth/sessions"],
              ["POST", "/auth/email/verify-request"],
              ["DELETE", "/auth/sessions"]
            ] as const) {
              assert.strictEqual((yield* ask(method, path, { token })).status, 401)
            }
          }
        })
    )

    it.effect("7.4.2 all sessions of an account that is deleted end with it", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const other = yield* another(person)
        const json = { password: person.password }
        yield* ask("DELETE", "/auth/account", { token: person.token, json })
        yield* Effect.forEach([person, other], ends)
      })
    )

    it.effect("7.4.3 a new password ends all other sessions, by change and by reset", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const other = yield* another(person)
        const changed = yield* changePassword(person.token, person.password, "the next one")
        yield* ends(other)
        yield* reset(yield* resetToken(person.email), "and another one")
        yield* ends({ ...person, ...begun(changed) })
      })
    )

    it.effect("7.4.5 an administrator ends sessions, of one user or of all, by deleting rows", () =>
      Effect.gen(function* () {
        const [person, stranger] = [yield* newPerson(), yield* newPerson()]
        const sql = yield* SqlClient.SqlClient
        yield* sql`delete from sessions where user_id = ${person.id}`
        yield* ends(person)
        assert.strictEqual(yield* statusWith(stranger.token), 200)
        assert.include(securityPage, "delete from sessions")
      })
    )

    it.effect("7.5.1 an address or a password is changed only with the password", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        const wrong = "not the password"
        const json = { newEmail: freshEmail(), password: wrong }
        const { newEmail } = json
        assert.strictEqual((yield* ask("POST", "/auth/email/change", { token, json })).status, 403)
        const bare = { token, json: { newEmail } }
        assert.strictEqual((yield* ask("POST", "/auth/email/change", bare)).status, 400)
        assert.strictEqual((yield* changePassword(token, wrong, "the next one")).status, 403)
      })
    )

    it.effect("7.5.2 users see their sessions and end any or all of them", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const [one, two] = [yield* another(person), yield* another(person)]
        const { token } = person
        const { text } = yield* ask("GET", "/auth/sessions", { token })
        for (const { sessionId } of [person, one, two]) assert.include(text, sessionId)
        yield* ask("DELETE", `/auth/sessions/${one.sessionId}`, { token })
        yield* ends(one)
        yield* ask("DELETE", "/auth/sessions", { token })
        yield* ends(two)
      })
    )

    it.effect("7.6.2 no session begins without its user: following a letter gives none", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        yield* signUp({ email, password })
        const proven = yield* verify(yield* tokenFor("confirm address", email))
        const renewed = yield* reset(yield* resetToken(email), "the next one")
        for (const { headers, text } of [proven, renewed]) {
          assert.strictEqual(text, "")
          assert.deepStrictEqual(headers.getSetCookie(), [])
        }
      })
    )
  })
