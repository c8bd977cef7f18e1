import { assert, describe, it } from "@effect/vitest"
import { Cause, Exit, FiberId } from "effect"
import {
  CommandFailed,
  exitCodeOf,
  FoundWrong,
  sentenceOf,
  WrongUse
} from "../../src/cli/Outcome.ts"
import { fromProblems } from "../../src/settings/SettingsInvalid.ts"

const interrupted = Exit.failCause(Cause.interrupt(FiberId.none))

describe("the exit code", () => {
  it.each([
    ["all is well", Exit.void, "check", 0],
    ["something is wrong", Exit.fail(new FoundWrong()), "check", 1],
    ["it could not be done", Exit.fail(new CommandFailed({ message: "no" })), "migrate", 1],
    ["a defect", Exit.die(new Error("no")), "migrate", 1],
    ["wrong use", Exit.fail(new WrongUse({ message: "no" })), "migrate", 2],
    ["wrong settings", Exit.fail(fromProblems(["PORT must be"])), "serve", 2],
    ["interrupted", interrupted, "migrate", 130],
    ["a service that was told to end", interrupted, "serve", 0],
    ["one with an option before it", interrupted, "--log-level debug serve", 0],
    ["one with the same in a word", interrupted, "--log-level=debug serve", 0],
    ["a command with options before it", interrupted, "--log-level serve migrate", 130]
  ] as const)("of %s", (_, exit, line, code) => {
    assert.strictEqual(exitCodeOf(exit, line.split(" ")), code)
  })
})

describe("what is told of a failure", () => {
  it("is its sentence, once", () => {
    assert.strictEqual(sentenceOf(Cause.fail(new WrongUse({ message: "no" }))), "no")
    assert.isUndefined(sentenceOf(Cause.fail(new FoundWrong())), "it has said so")
    assert.isUndefined(sentenceOf(Cause.interrupt(FiberId.none)))
  })
})
