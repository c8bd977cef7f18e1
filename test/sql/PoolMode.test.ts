import { assert, describe, it } from "@effect/vitest"
import { poolModeOf } from "../../src/sql/session/PoolMode.ts"

describe("the name of a host", () => {
  it.each([
    ["ep-cool-darkness-123456.us-east-2.aws.neon.tech", "session"],
    ["EP-Cool-Darkness-123456.us-east-2.aws.Neon.tech", "session"],
    ["ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech", "transaction"],
    ["ep-cool-darkness-123456.us-east-2.aws.neon.tech.example.com", "transaction"],
    ["db.example.com", "transaction"],
    ["localhost", "transaction"],
    ["", "transaction"],
    [undefined, "transaction"]
  ] as const)("%s tells a proxy that keeps a backend for each %s", (host, mode) => {
    assert.strictEqual(poolModeOf(host), mode)
  })
})
