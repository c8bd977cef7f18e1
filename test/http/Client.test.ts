import {
  FetchHttpClient,
  HttpClient,
  type HttpClientError,
  HttpClientResponse
} from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type ParseResult, Schema } from "effect"
import { expectTypeOf } from "vitest"
import {
  type DatabaseUnavailable,
  Email,
  type EmailTaken,
  type HashingOverloaded,
  type IdempotencyKeyReused,
  Password,
  type SessionInvalid,
  type Throttled
} from "../../src/auth/index.ts"
import {
  type ClientOptions,
  type CrossOrigin,
  client,
  type DatabaseDown,
  type DeadlineExceeded,
  type Draining,
  type InternalError,
  type InvalidRequest,
  type PayloadTooLarge,
  type UnsupportedMediaType
} from "../../src/http/index.ts"
import { fakeFloors, serviceOver } from "./fakeService.ts"
import { freshEmail, Service } from "./Service.ts"

const as = (token?: ClientOptions["token"]) =>
  Effect.flatMap(Service, ({ url }) => client({ baseUrl: url, token }))

const credentials = (password = "TestPass123") => ({
  email: Schema.decodeSync(Email)(freshEmail()),
  password: Schema.decodeSync(Password)(password)
})

const served = Effect.provide(Layer.merge(serviceOver(fakeFloors), FetchHttpClient.layer))

describe("Client", () => {
  it.scopedLive(
    "the contract alone makes a client that signs up, asks who it is, and signs out",
    () =>
      Effect.gen(function* () {
        const stranger = yield* as()
        const payload = credentials()
        const answer = yield* stranger.auth.signUp({ payload })
        if (!("session" in answer)) return assert.fail("a service that wants mailboxes proven")
        const { session, user } = answer
        const me = yield* as(session.sessionToken)
        const current = yield* me.auth.session()
        assert.strictEqual(current.user.id, user.id)
        assert.strictEqual(current.session.id, session.id)
        yield* me.auth.signOut()
        assert.strictEqual((yield* Effect.flip(me.auth.session()))._tag, "SessionInvalid")
        const again = yield* stranger.auth.signIn({ payload })
        assert.notStrictEqual(again.session.id, session.id)
        assert.strictEqual((yield* stranger.health.database()).status, "available")
      }).pipe(served)
  )

  it.scopedLive("a browser's client can leave the token to the cookie", () =>
    Effect.gen(function* () {
      const { url } = yield* Service
      const { auth } = yield* client({ baseUrl: url, transport: "cookie" })
      const payload = credentials()
      const [begun, { headers }] = yield* auth.signUp({ payload, withResponse: true })
      if (!("session" in begun)) return assert.fail("a service that wants mailboxes proven")
      assert.notProperty(begun.session, "sessionToken")
      assert.match(headers["set-cookie"] ?? "", /^__Host-session=/)
      assert.notProperty((yield* auth.signIn({ payload })).session, "sessionToken")
    }).pipe(served)
  )

  it.effect("a sign-up is sent with its key, and without one where none was given", () =>
    Effect.gen(function* () {
      const keys: Array<string | undefined> = []
      const http = HttpClient.make((request) => {
        keys.push(request.headers["idempotency-key"])
        const answer = Response.json({ status: "check-your-mail" }, { status: 202 })
        return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      })
      for (const idempotencyKey of ["0f220131", undefined]) {
        const making = client({ baseUrl: "http://127.0.0.1", idempotencyKey })
        const { auth } = yield* Effect.provideService(making, HttpClient.HttpClient, http)
        yield* auth.signUp({ payload: credentials() })
      }
      assert.deepStrictEqual(keys, ["0f220131", undefined])
    })
  )

  it.scopedLive(
    "errors arrive as the classes of the contract, to be told apart by their tags",
    () =>
      Effect.gen(function* () {
        const { auth } = yield* as()
        const payload = credentials()
        yield* auth.signUp({ payload })
        const outcome = yield* auth.signUp({ payload }).pipe(
          Effect.as("signed up"),
          Effect.catchTag("EmailTaken", ({ message }) => Effect.succeed(message))
        )
        assert.match(outcome, /exists already/)
        const wrong = credentials("WrongPass123")
        const refused = yield* Effect.flip(
          auth.signIn({ payload: { ...wrong, email: payload.email } })
        )
        assert.strictEqual(refused._tag, "InvalidCredentials")
      }).pipe(served)
  )

  it("every method has exactly the errors that its endpoint can answer", () => {
    type Client = Effect.Effect.Success<ReturnType<typeof client>>
    type ErrorOf<F extends (...args: Array<never>) => Effect.Effect<unknown, unknown>> =
      Effect.Effect.Error<ReturnType<F>>
    type Transport = HttpClientError.HttpClientError | ParseResult.ParseError
    type Always = InternalError | DeadlineExceeded | Draining | Transport
    type Body = InvalidRequest | PayloadTooLarge | UnsupportedMediaType
    type Later = Throttled | DatabaseUnavailable | HashingOverloaded

    expectTypeOf<ErrorOf<Client["auth"]["signUp"]>>().toEqualTypeOf<
      Always | Body | Later | EmailTaken | IdempotencyKeyReused | CrossOrigin
    >()
    expectTypeOf<ErrorOf<Client["auth"]["signOut"]>>().toEqualTypeOf<
      Always | SessionInvalid | DatabaseUnavailable | CrossOrigin
    >()
    expectTypeOf<ErrorOf<Client["auth"]["session"]>>().toEqualTypeOf<
      Always | SessionInvalid | DatabaseUnavailable
    >()
    expectTypeOf<ErrorOf<Client["health"]["database"]>>().toEqualTypeOf<Always | DatabaseDown>()
    expectTypeOf<ErrorOf<Client["health"]["alive"]>>().toEqualTypeOf<Always>()
  })
})
