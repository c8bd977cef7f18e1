import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"

/** This process as it would be on Windows, until the scope closes. */
const onWindows = Effect.acquireRelease(
  Effect.sync(() => {
    const before = Object.getOwnPropertyDescriptors(process)
    Object.defineProperty(process, "platform", { ...before.platform, value: "win32" })
    Object.defineProperty(process, "getuid", { ...before.getuid, value: undefined })
    return { platform: before.platform, getuid: before.getuid }
  }),
  (before) => Effect.sync(() => Object.defineProperties(process, before))
)

describe("an embedded Postgres on a system without users and process groups", () => {
  it.scoped("is not supported, and says so before it looks for programs to install", () =>
    Effect.gen(function* () {
      const error = yield* Effect.zipRight(onWindows, Effect.flip(EmbeddedPostgres.make()))
      assert.strictEqual(error.reason, "Unsupported")
    })
  )
})
