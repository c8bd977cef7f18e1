import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { another, ask, newPerson, type OnAuth, type Person, statusWith, tagOf } from "../Person.ts"

const Listed = Schema.decodeUnknownSync(
  Schema.Struct({
    sessions: Schema.Array(
      Schema.Struct({
        id: Schema.UUID,
        createdAt: Schema.Date,
        lastSeen: Schema.Date,
        expires: Schema.Date,
        userAgent: Schema.NullOr(Schema.String),
        address: Schema.NullOr(Schema.String),
        isCurrent: Schema.Boolean
      })
    )
  }),
  { onExcessProperty: "error" }
)

const listOf = ({ token }: Person) => ask("GET", "/auth/sessions", { token })

const idsOf = (person: Person) =>
  Effect.map(listOf(person), ({ json }) => Listed(json).sessions.map(({ id }) => id))

/** `GET` and `DELETE /auth/sessions`, and `DELETE /auth/sessions/:id`. */
export const sessionsSuite = (it: OnAuth) =>
  describe("where someone is signed in", () => {
    it.effect("is listed, the newest first, with what tells sessions apart and no token", () =>
      Effect.gen(function* () {
        const first = yield* newPerson({}, { headers: { "user-agent": "First/1.0" } })
        const second = yield* another(first)
        const answer = yield* listOf(first)
        assert.strictEqual(answer.status, 200)
        const { sessions } = Listed(answer.json)
        assert.deepStrictEqual(
          sessions.map(({ id, isCurrent }) => ({ id, isCurrent })),
          [
            { id: second.sessionId, isCurrent: false },
            { id: first.sessionId, isCurrent: true }
          ]
        )
        assert.strictEqual(sessions[1]?.userAgent, "First/1.0")
        assert.strictEqual(sessions[1]?.address, "127.0.0.0/24", "coarse")
        for (const { token } of [first, second]) assert.notInclude(answer.text, token)
      })
    )

    it.effect("is told to nobody else: a stranger's list has their own sessions only", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const stranger = yield* newPerson()
        assert.deepStrictEqual(yield* idsOf(stranger), [stranger.sessionId])
        assert.deepStrictEqual(yield* idsOf(person), [person.sessionId])
      })
    )

    it.effect("can be ended one by one, by id, and ending one again is no error", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const phone = yield* another(person)
        for (const _time of ["first", "second"]) {
          const path = `/auth/sessions/${phone.sessionId}`
          const answer = yield* ask("DELETE", path, { token: person.token })
          assert.strictEqual(answer.status, 204)
          assert.strictEqual(answer.text, "")
        }
        assert.strictEqual(yield* statusWith(phone.token), 401)
        assert.strictEqual(yield* statusWith(person.token), 200)
      })
    )

    it.effect("someone else's session stays, whose id answers as one that never was", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const { token } = yield* newPerson()
        const theirs = yield* ask("DELETE", `/auth/sessions/${person.sessionId}`, { token })
        const nobodys = yield* ask("DELETE", `/auth/sessions/${crypto.randomUUID()}`, { token })
        assert.deepStrictEqual([theirs.status, nobodys.status], [204, 204])
        assert.strictEqual(yield* statusWith(person.token), 200)
      })
    )

    it.effect("ends everywhere else at once, and not here", () =>
      Effect.gen(function* () {
        const here = yield* newPerson()
        const elsewhere = [yield* another(here), yield* another(here)]
        const stranger = yield* newPerson()
        const { token } = here
        assert.strictEqual((yield* ask("DELETE", "/auth/sessions", { token })).status, 204)
        assert.deepStrictEqual(yield* idsOf(here), [here.sessionId])
        for (const { token } of elsewhere) assert.strictEqual(yield* statusWith(token), 401)
        assert.strictEqual(yield* statusWith(stranger.token), 200)
      })
    )

    it.effect("takes the cookie away only from who ends their own session", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const phone = yield* another(person)
        const end = (id: string) => ask("DELETE", `/auth/sessions/${id}`, { token: person.token })
        const other = yield* end(phone.sessionId)
        assert.deepStrictEqual(other.headers.getSetCookie(), [])
        const own = yield* end(person.sessionId)
        assert.match(own.headers.getSetCookie().join(), /^__Host-session=; Max-Age=0/)
        assert.strictEqual(yield* statusWith(person.token), 401)
      })
    )

    it.effect("an id that is none answers 400, and nobody signed in 401", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        const malformed = yield* ask("DELETE", "/auth/sessions/c4n4ry", { token })
        assert.strictEqual(malformed.status, 400)
        assert.strictEqual(tagOf(malformed), "InvalidRequest")
        assert.notInclude(malformed.text, "c4n4ry")
        for (const [method, path] of [
          ["GET", "/auth/sessions"],
          ["DELETE", "/auth/sessions"],
          ["DELETE", `/auth/sessions/${crypto.randomUUID()}`]
        ] as const) {
          assert.strictEqual((yield* ask(method, path)).status, 401, `${method} ${path}`)
        }
      })
    )
  })
