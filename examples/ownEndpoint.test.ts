import { HttpApiBuilder, HttpServer } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Accounts, Email, Password } from "holdfast/auth"
import { fakeAuth } from "../test/http/FakeAuth.ts"
import { greetings } from "./ownEndpoint.ts"

it.scopedLive("the example greets who is signed in, and nobody else", () =>
  Effect.gen(function* () {
    const floors = Layer.succeedContext(yield* Layer.build(fakeAuth))
    const { dispose, handler } = HttpApiBuilder.toWebHandler(
      Layer.mergeAll(Layer.provide(greetings, floors), HttpServer.layerContext)
    )
    yield* Effect.addFinalizer(() => Effect.promise(dispose))
    const asked = (headers: Readonly<Record<string, string>>) =>
      Effect.promise(() => handler(new Request("http://a/greeting", { headers })))

    const { signUp } = yield* Effect.provide(Accounts, floors)
    const { sessionToken } = yield* signUp({
      email: Schema.decodeSync(Email)("greeted@example.com"),
      password: Schema.decodeSync(Password)("TestPass123")
    })
    const greeted = yield* asked({ authorization: `Bearer ${Redacted.value(sessionToken)}` })
    assert.strictEqual(yield* Effect.promise(() => greeted.json()), "Hello, greeted@example.com")
    assert.strictEqual((yield* asked({})).status, 401)
  })
)
