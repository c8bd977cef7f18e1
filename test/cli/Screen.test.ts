import { assert, describe, it } from "@effect/vitest"
import { shown } from "../../src/cli/Screen.ts"

describe("what a command prints", () => {
  it.each([
    "Received unknown argument: 'postgres://me:canary@host/db'",
    "postgresql://me:can@canary@host:1/db?x=1 and postgres://you:canary@host/db"
  ])("has no password in it: %s", (text) => {
    assert.notInclude(shown(text, true), "canary")
    assert.include(shown(text, true), "@host")
  })

  it.each([
    "unknown argument: 'postgres://me@host/db?password=canary'",
    "unknown argument: 'postgres://me:can ary canary@host/db'",
    "unknown argument: 'host=db user=me password=canary'"
  ])("has none in other forms of an address either: %s", (text) => {
    assert.notInclude(shown(text, true), "canary")
    assert.notInclude(shown(text, true), "can ary")
  })

  it("has colours only where they are seen", () => {
    const red = "\u001b[31mproblem\u001b[0m"
    assert.strictEqual(shown(red, true), red)
    assert.strictEqual(shown(red, false), "problem")
  })
})
