import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { AccountsOnNeon, welcome } from "./signUp.ts"

const environment = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) =>
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["NEON_DB_URL", Redacted.value(url)]])))
  )
)

const stage = AccountsOnNeon.pipe(
  Layer.provide(environment),
  Layer.provideMerge(TestDatabase.layer)
)

layer(stage, { excludeTestServices: true })("the example of the README", (it) => {
  it.effect("welcomes someone once, and again", () =>
    Effect.gen(function* () {
      const form = { email: "Ada@Example.com", password: "TestPass123" }
      assert.strictEqual(yield* welcome(form), "Welcome, ada@example.com")
      assert.strictEqual(yield* welcome(form), "Welcome back: please sign in")
    })
  )
})
