import { spawn } from "node:child_process"
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { processTable } from "../../src/testing/ProcessTable.ts"

/** The pid of a process that has ended and was buried. */
const departed = Effect.promise(async () => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" })
  await once(child, "close")
  return child.pid ?? assert.fail("it was not started")
})

describe("the table of processes", () => {
  it.live("says that one is gone which has ended, and not that one is which lives", () =>
    Effect.gen(function* () {
      const pid = yield* departed
      assert.isTrue(Option.isNone(yield* processTable.find(pid)))
      assert.isTrue(yield* processTable.isGone(pid))
      assert.isTrue(Option.isSome(yield* processTable.find(process.pid)))
      assert.isFalse(yield* processTable.isGone(process.pid))
    })
  )
})
