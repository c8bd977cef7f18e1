import { assert, describe, it } from "@effect/vitest"
import { commitMatcher } from "../../../bench/faults/CommitMessage.ts"
import type { Direction, WireMessage } from "../../../src/testing/index.ts"

const message = (
  type: string,
  body: string,
  text = "",
  direction: Direction = "toServer"
): WireMessage => ({ direction, type, body: Buffer.from(body), text })

describe("a COMMIT on its way to the server", () => {
  it("is seen where it travels as text", () => {
    assert.isTrue(commitMatcher()(message("Q", "COMMIT\0", "COMMIT")))
    assert.isFalse(commitMatcher()(message("Q", "SELECT 1\0", "SELECT 1")))
  })

  it("is seen where it was prepared earlier, and by its name only", () => {
    const matches = commitMatcher()
    assert.isFalse(matches(message("B", "\0s7\0")))
    assert.isTrue(matches(message("P", "s7\0commit\0", "commit")))
    assert.isFalse(matches(message("P", "s8\0select 1\0", "select 1")))
    assert.isTrue(matches(message("B", "\0s7\0")))
    assert.isFalse(matches(message("B", "\0s8\0")))
  })

  it("is not its answer", () => {
    assert.isFalse(commitMatcher()(message("C", "COMMIT\0", "COMMIT", "toClient")))
  })
})
