import { FetchHttpClient } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { type Credentials, Email, Password } from "holdfast/auth"
import { fakeFloors, serviceOver } from "../test/http/fakeService.ts"
import { freshEmail, postJson, Service } from "../test/http/Service.ts"
import { begin } from "./typedClient.ts"

const stage = Layer.merge(serviceOver(fakeFloors), FetchHttpClient.layer)

layer(stage, { excludeTestServices: true })("the typed client", (it) => {
  it.effect("signs in and asks who it is; what can fail is typed", () =>
    Effect.gen(function* () {
      const { url } = yield* Service
      const email = freshEmail()
      yield* postJson("/auth/signup", { email, password: "TestPass123" })
      const as = (password: string): Credentials => ({
        email: Schema.decodeSync(Email)(email),
        password: Schema.decodeSync(Password)(password)
      })
      const { user } = yield* begin(url, as("TestPass123"))
      assert.strictEqual(user.email, email)
      const refused = yield* Effect.flip(begin(url, as("WrongPass123")))
      assert.strictEqual(refused._tag, "InvalidCredentials")
    })
  )
})
