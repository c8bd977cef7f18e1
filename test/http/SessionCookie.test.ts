import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseUnavailable } from "../../src/auth/AuthError.ts"
import { floorsWith, serviceOver } from "./fakeService.ts"
import { Service, send } from "./Service.ts"

const cookie = `__Host-session=${"A".repeat(43)}`

describe("a session's cookie", () => {
  it.scopedLive("is left alone by every fault: 503, and nothing is set or cleared", () => {
    const away = new DatabaseUnavailable()
    const floors = floorsWith({ sessions: { validate: () => away, revoke: () => away } })
    return Effect.gen(function* () {
      const { url } = yield* Service
      const headers = { cookie, origin: url }
      const answers = yield* Effect.all([
        send("/auth/session", { headers }),
        send("/auth/signout", { method: "POST", headers })
      ])
      for (const answer of answers) {
        assert.strictEqual(answer.status, 503)
        assert.isNotNull(answer.headers.get("retry-after"))
        assert.deepStrictEqual(answer.headers.getSetCookie(), [])
      }
    }).pipe(Effect.provide(serviceOver(floors)))
  })

  it.scopedLive("is left alone by a defect, too", () => {
    const broken = Effect.die(new Error("c4n4ry"))
    const floors = floorsWith({ sessions: { validate: () => broken, revoke: () => broken } })
    return Effect.gen(function* () {
      const { url } = yield* Service
      const headers = { cookie, origin: url }
      const answer = yield* send("/auth/signout", { method: "POST", headers })
      assert.strictEqual(answer.status, 500)
      assert.deepStrictEqual(answer.headers.getSetCookie(), [])
    }).pipe(Effect.provide(serviceOver(floors)))
  })
})
