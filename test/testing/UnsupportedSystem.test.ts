import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"

const pretend = (platform: string, getuid: (() => number) | undefined) => {
  Object.defineProperty(process, "platform", { value: platform })
  Object.defineProperty(process, "getuid", { value: getuid })
}

/** This process as it would be on Windows, until the scope closes. */
const onWindows = Effect.acquireRelease(
  Effect.sync(() => {
    const { getuid, platform } = process
    pretend("win32", undefined)
    return () => pretend(platform, getuid)
  }),
  (restore) => Effect.sync(restore)
)

describe("an embedded Postgres on a system without users and process groups", () => {
  it.scoped("is not supported, and says so before it looks for programs to install", () =>
    Effect.gen(function* () {
      const error = yield* Effect.zipRight(onWindows, Effect.flip(EmbeddedPostgres.make()))
      assert.strictEqual(error.reason, "Unsupported")
    })
  )
})
