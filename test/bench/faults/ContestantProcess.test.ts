import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { makeProcess } from "../../../bench/faults/ContestantProcess.ts"
import { reasonOf } from "../../../bench/faults/Obituary.ts"
import { freePort } from "../../../src/testing/FreePort.ts"

const urlOf = (port: number) => Redacted.make(`postgresql://nobody:secret@127.0.0.1:${port}/none`)

describe("the process of a contestant", () => {
  it.scopedLive("answers what it is asked, and lives on after a failure", () =>
    Effect.gen(function* () {
      const process = yield* makeProcess("pg.Pool", urlOf(yield* freePort))
      yield* process.isUp
      const told = yield* process.ask({ _tag: "Read", account: "ada" })
      assert.strictEqual(told._tag, "Failed")
      if (told._tag === "Failed") assert.include(told.message, "ECONNREFUSED")
      assert.deepStrictEqual(yield* process.deaths, [])
    })
  )

  it.scopedLive("is started again when it dies, and says of what it died", () =>
    Effect.gen(function* () {
      const process = yield* makeProcess("nobody", urlOf(1))
      yield* Effect.repeat(process.deaths, {
        until: (all) => all.length >= 2,
        schedule: Schedule.spaced("20 millis")
      })
      const [death] = yield* process.deaths
      assert.strictEqual(death?.reason, "Error: nobody is no contestant")
      assert.isUndefined(death?.backAt)
    })
  )

  it("died of the error it printed, and not of what a listener heard before", () => {
    const said = "listener: Error: early\n    at once\nTypeError: Cannot read 'write'\n    at x\n"
    assert.strictEqual(reasonOf(said, "code 1"), "TypeError: Cannot read 'write'")
    assert.strictEqual(reasonOf("listener: gone\n", "SIGKILL"), "SIGKILL")
  })
})
