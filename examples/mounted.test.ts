import { HttpServer } from "@effect/platform"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { postJson, Service, send } from "../test/http/Service.ts"
import { mailServer } from "../test/mail/MailServer.ts"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { accounts } from "./letters.ts"
import { service } from "./mounted.ts"

const address = Layer.effect(
  Service,
  HttpServer.addressFormattedWith((url) => Effect.succeed({ url }))
)

layer(TestDatabase.layer, { excludeTestServices: true })("a service of one's own", (it) => {
  it.scoped("answers for itself and for holdfast, and the letter leads to its pages", () =>
    Effect.gen(function* () {
      const mail = yield* mailServer()
      const own = service.pipe(
        Layer.provide(
          accounts({
            smtpUrl: Redacted.make(`smtp://127.0.0.1:${mail.port}`),
            from: "Example <accounts@example.com>",
            publicUrl: "https://app.example.com"
          })
        )
      )
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* send("/")).text, "A page of my own")
        const form = { email: "ada@example.com", password: "TestPass123" }
        const origin = "https://app.example.com"
        const answer = yield* send("/accounts/auth/session", { headers: { origin } })
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), origin)
        assert.strictEqual((yield* postJson("/accounts/auth/signup", form)).status, 201)
        yield* Effect.repeat(
          Effect.sync(() => mail.deliveries.length),
          { until: (count) => count > 0, schedule: Schedule.spaced("20 millis") }
        )
        assert.include(mail.deliveries[0]?.message, "https://app.example.com/verify-email#token=3D")
      }).pipe(
        Effect.provide(Layer.merge(address, own).pipe(Layer.provide(NodeHttpServer.layerTest)))
      )
    })
  )

  it("does not start with letters whose links lead nowhere", () => {
    const options = { smtpUrl: Redacted.make("smtp://127.0.0.1"), from: "accounts@example.com" }
    assert.throws(
      () => accounts({ ...options, publicUrl: "app.example.com" }),
      "publicUrl must be like https://app.example.com"
    )
  })
})
