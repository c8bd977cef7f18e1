import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Throttle } from "../../src/auth/Throttle.ts"
import { Server } from "../../src/http/Server.ts"
import { MemoryMailer } from "../../src/testing/MemoryMailer.ts"
import { cheapPasswords } from "../auth/CheapPasswords.ts"
import { serviceWithMail } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { freshEmail, Service } from "./Service.ts"

/** So slow to recover that a busy machine changes no count. */
const throttle = Throttle.layer({ mailFrom: { burst: 5, per: "5 hours" } })

const limited = Layer.effect(
  Service,
  Effect.map(Server, ({ url }) => ({ url }))
).pipe(
  Layer.provide(serviceWithMail({ passwords: cheapPasswords, throttle, trustedHops: 1 })),
  Layer.provide(MemoryMailer.layer),
  Layer.provide(TestDatabase.layer)
)

layer(limited, { excludeTestServices: true, timeout: "1 minute" })("a limit by address", (it) => {
  it.effect("holds when the proxy's line comes last, after thousands of others", () =>
    Effect.gen(function* () {
      const ask = (forged: number) => {
        const body = JSON.stringify({ email: freshEmail() })
        const lines = [
          "Content-Type: application/json",
          `Content-Length: ${body.length}`,
          `X-Forwarded-For: 10.0.0.${forged}`,
          ...Array.from({ length: 2100 }, () => "a:"),
          // What the proxy adds: whom it was really called by.
          "X-Forwarded-For: 203.0.113.9"
        ]
        const request = head("POST /auth/password/reset-request", lines) + body
        return Effect.map(exchange([request]), statusOf)
      }
      const statuses = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], ask)
      assert.deepStrictEqual(statuses, [202, 202, 202, 202, 202, 429, 429, 429])
    })
  )
})
