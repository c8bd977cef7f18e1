import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { helpFor, mistakeOf } from "../../src/cli/Help.ts"
import { holdfast } from "../../src/cli/holdfast.ts"
import { manuals } from "../../src/cli/manuals.ts"
import { WrongUse } from "../../src/cli/Outcome.ts"

const wordsOf = (name: string) => name.split(" ").filter((word) => word !== "")

describe("the help", () => {
  it.each(manuals.map(({ name }) => name))("tells of `holdfast %s`, in 78 columns", (name) => {
    const page = helpFor([...wordsOf(name), "--help"])
    assert.isTrue(page?.startsWith(["holdfast", ...wordsOf(name)].join(" ")))
    for (const line of page?.split("\n") ?? []) assert.isAtMost(line.length, 78, line)
  })

  it("is what a group of commands answers by itself, and no command does", () => {
    assert.include(helpFor([]), "sessions prune")
    assert.include(helpFor(["sessions"]), "sessions prune")
    assert.isUndefined(helpFor(["migrate"]))
    assert.isUndefined(helpFor(["--version"]))
  })

  it.effect.each(["migrate", "check", "sessions prune"])("names options that `%s` has", (name) =>
    Effect.gen(function* () {
      const flags = manuals
        .filter((manual) => manual.name === name)
        .flatMap(({ options }) => options)
        .flatMap(([flag]) =>
          flag.replace("<number>", "2").replace("<address>", "nonsense").split(" ")
        )
      const exit = yield* Effect.exit(holdfast([...wordsOf(name), ...flags]))
      const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(failure, WrongUse, "all are known, and the address is none")
    })
  )
})

describe("a mistake", () => {
  it("is told in one sentence, with where to read on", () => {
    assert.strictEqual(
      mistakeOf("Received unknown argument: '--bogus'\n", ["sessions", "prune", "--bogus"]),
      "Received unknown argument: '--bogus'. See `holdfast sessions prune --help`."
    )
    assert.strictEqual(
      mistakeOf("Received unknown argument: '--url'", ["check", "--url"]),
      "--url needs a value behind it. See `holdfast check --help`."
    )
  })
})
