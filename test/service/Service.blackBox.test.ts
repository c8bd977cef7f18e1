import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Server } from "../../src/http/Server.ts"
import { blackBox } from "../http/blackBox.ts"
import { postJson, Service } from "../http/Service.ts"
import { runningService } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const service = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) =>
    Layer.effect(
      Service,
      Effect.map(Server, (server) => ({ url: server.url }))
    ).pipe(Layer.provide(runningService(url)))
  )
).pipe(Layer.provide(TestDatabase.address))

blackBox("the whole service", service)

layer(service, { excludeTestServices: true, timeout: "1 minute" })("fifty at once", (it) => {
  it.effect("who sign up with one address get one 201 and forty-nine 409", () =>
    Effect.gen(function* () {
      const payload = { email: "crowd@example.com", password: "TestPass123" }
      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () => postJson("/auth/signup", payload)),
        { concurrency: "unbounded" }
      )
      const count = (status: number) => answers.filter((answer) => answer.status === status).length
      assert.deepStrictEqual({ created: count(201), taken: count(409) }, { created: 1, taken: 49 })
    })
  )
})
