import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { bearer, freshEmail, type OnService, postJson, send } from "./Service.ts"

const InUtc = Schema.String.pipe(Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/))

const UserJson = Schema.Struct({
  id: Schema.UUID,
  email: Schema.String,
  emailVerified: Schema.Null,
  createdAt: InUtc,
  updatedAt: InUtc
})

const SessionJson = Schema.Struct({ id: Schema.UUID, userId: Schema.UUID, expires: InUtc })

const Token = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{43}$/))

const exact = { onExcessProperty: "error" } as const

const signedIn = Schema.decodeUnknownSync(
  Schema.Struct({
    user: UserJson,
    session: Schema.Struct({ ...SessionJson.fields, sessionToken: Token })
  }),
  exact
)

const signedInAs = Schema.decodeUnknownSync(
  Schema.Struct({ user: UserJson, session: SessionJson }),
  exact
)

const errorTag = Schema.decodeUnknownSync(
  Schema.Struct({ _tag: Schema.String, message: Schema.String })
)

const password = "TestPass123"

/** Signing up, in and out, and asking who is signed in. */
export const accountsSuite = (it: OnService) =>
  describe("accounts", () => {
    it.effect("a sign-up answers 201 with the user, and a session of one day with its token", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        const answer = yield* postJson("/auth/signup", { email, password })
        assert.strictEqual(answer.status, 201)
        const { session, user } = signedIn(answer.json)
        assert.strictEqual(user.email, email)
        assert.strictEqual(session.userId, user.id)
        const day = Date.parse(session.expires) - Date.parse(user.createdAt)
        assert.closeTo(day, 24 * 60 * 60 * 1000, 5000)
        assert.notInclude(answer.text, password)
      })
    )

    it.effect("fields that a sign-up does not know are ignored, identity among them", () =>
      Effect.gen(function* () {
        const id = crypto.randomUUID()
        const extra = { id, userId: id, role: "admin", emailVerified: "2020-01-01T00:00:00Z" }
        const answer = yield* postJson("/auth/signup", { email: freshEmail(), password, ...extra })
        assert.strictEqual(answer.status, 201)
        assert.notStrictEqual(signedIn(answer.json).user.id, id)
      })
    )

    it.effect("an address that is taken answers 409, however it is spelt", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        yield* postJson("/auth/signup", { email, password })
        const again = yield* postJson("/auth/signup", { email: email.toUpperCase(), password })
        assert.strictEqual(again.status, 409)
        assert.strictEqual(errorTag(again.json)._tag, "EmailTaken")
        assert.notInclude(again.text.toLowerCase(), email)
      })
    )

    it.effect("a wrong password and an unknown address get the same 401", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        yield* postJson("/auth/signup", { email, password })
        const wrong = yield* postJson("/auth/signin", { email, password: "WrongPass123" })
        const unknown = yield* postJson("/auth/signin", { email: freshEmail(), password })
        assert.strictEqual(wrong.status, 401)
        assert.strictEqual(unknown.status, 401)
        assert.strictEqual(wrong.text, unknown.text)
        assert.strictEqual(errorTag(wrong.json)._tag, "InvalidCredentials")
        assert.match(wrong.headers.get("www-authenticate") ?? "", /^Bearer/)
      })
    )

    it.effect(
      "a token opens its session until it is signed out, and signing out can be repeated",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          const { user } = signedIn((yield* postJson("/auth/signup", { email, password })).json)
          const answer = yield* postJson("/auth/signin", { email, password })
          assert.strictEqual(answer.status, 200)
          const { session } = signedIn(answer.json)

          const current = yield* send("/auth/session", bearer(session.sessionToken))
          assert.strictEqual(current.status, 200)
          const { session: same, user: owner } = signedInAs(current.json)
          assert.strictEqual(same.id, session.id)
          assert.strictEqual(owner.id, user.id)
          assert.notInclude(current.text, session.sessionToken)

          for (const _time of ["first", "second"]) {
            const out = yield* send("/auth/signout", {
              method: "POST",
              ...bearer(session.sessionToken)
            })
            assert.strictEqual(out.status, 204)
            assert.strictEqual(out.text, "")
          }
          const after = yield* send("/auth/session", bearer(session.sessionToken))
          assert.strictEqual(after.status, 401)
          assert.strictEqual(errorTag(after.json)._tag, "SessionInvalid")
        })
    )

    it.effect("the scheme of a token may be written in any case", () =>
      Effect.gen(function* () {
        const signUp = yield* postJson("/auth/signup", { email: freshEmail(), password })
        const { sessionToken } = signedIn(signUp.json).session
        for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR  "]) {
          const headers = { authorization: `${scheme} ${sessionToken}` }
          assert.strictEqual((yield* send("/auth/session", { headers })).status, 200, scheme)
        }
      })
    )

    it.effect("anything but one bearer token answers 401", () =>
      Effect.gen(function* () {
        const signUp = yield* postJson("/auth/signup", { email: freshEmail(), password })
        const token = signedIn(signUp.json).session.sessionToken
        const values = ["", "Bearer", "Bearer ", token, `Basic ${token}`, `1234567${token}`]
        values.push(
          `Bearer ${token} ${token}`,
          `Bearer ${token},`,
          `Bearer ${token}, Bearer ${token}`
        )
        values.push(
          `Bearer ${token}x`,
          `Bearer ${token.slice(1)}`,
          `Bearer\t${token}`,
          `Bearer "${token}"`
        )
        for (const authorization of values) {
          for (const [path, method] of [
            ["/auth/session", "GET"],
            ["/auth/signout", "POST"]
          ] as const) {
            const answer = yield* send(path, { method, headers: { authorization } })
            assert.strictEqual(answer.status, 401, `${path} ${authorization}`)
            assert.strictEqual(errorTag(answer.json)._tag, "SessionInvalid")
          }
        }
        assert.strictEqual((yield* send("/auth/session")).status, 401)
        assert.strictEqual((yield* send("/auth/session", bearer(token))).status, 200)
      })
    )

    it.effect("two Authorization headers answer 401, although one of them is right", () =>
      Effect.gen(function* () {
        const signUp = yield* postJson("/auth/signup", { email: freshEmail(), password })
        const right = `Authorization: Bearer ${signedIn(signUp.json).session.sessionToken}`
        const answer = yield* exchange([head("GET /auth/session", [right, right])])
        assert.strictEqual(statusOf(answer), 401)
      })
    )

    it.effect("fifty sign-ups of one address at once: one 201, forty-nine 409", () =>
      Effect.gen(function* () {
        const email = freshEmail()
        const answers = yield* Effect.all(
          Array.from({ length: 50 }, () => postJson("/auth/signup", { email, password })),
          { concurrency: "unbounded" }
        )
        const statuses = answers.map(({ status }) => status).sort()
        assert.deepStrictEqual(statuses, [201, ...Array.from({ length: 49 }, () => 409)])
      })
    )
  })
