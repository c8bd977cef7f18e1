import { assert, describe, it } from "vitest"
import { placeNames, spent } from "../../../bench/profile/CpuProfile.ts"

const frames: ReadonlyArray<readonly [string, string, string]> = [
  ["(garbage collector)", "", "collecting garbage"],
  ["writev", "", "writing to sockets"],
  ["(program)", "", "the rest of native code"],
  ["postMessage", "", "the rest of native code"],
  ["parserOnIncoming", "node:_http_server", "Node.js"],
  ["go", "file:///x/node_modules/effect/dist/esm/ParseResult.js", "Effect's schemas"],
  ["", "file:///x/node_modules/effect/dist/esm/internal/fiberRuntime.js", "Effect"],
  ["", "file:///x/node_modules/@effect/platform-node/dist/esm/NodeHttpServer.js", "platform"],
  ["", "file:///x/node_modules/@effect/sql/dist/esm/internal/statement.js", "@effect/sql"],
  ["parse", "file:///x/node_modules/pg-protocol/dist/parser.js", "pg"],
  ["step", "file:///x/dist/pool/PoolMachine.js", "holdfast: pool and sql"],
  ["validate", "file:///x/dist/auth/Sessions.js", "holdfast: auth"],
  ["logged", "file:///x/dist/http/RequestLog.js", "holdfast: http and log"],
  ["answer", "file:///x/bench/http/servers/byHand.mjs", "its own code"],
  ["hash", "file:///x/node_modules/other/index.js", "elsewhere"]
]

/** A profile with one look at each of these, 200 µs apart, and one at nothing. */
const profile = (looks: ReadonlyArray<readonly [string, string, string]>) => {
  const all = [...looks, ["(idle)", "", ""] as const]
  return {
    nodes: all.map(([functionName, url], id) => ({ id, callFrame: { functionName, url } })),
    samples: all.map((_, id) => id),
    timeDeltas: [0, ...all.map(() => 200)],
    startTime: 1_000,
    endTime: 1_000 + 200 * all.length
  }
}

describe("where the time of a thread goes", () => {
  for (const frame of frames) {
    const [functionName, url, place] = frame
    it(`${functionName || "a function"} of ${url || "the process"} is ${place}`, () => {
      assert.deepStrictEqual([...spent(profile([frame])).places], [[place, 200]])
      assert.include(placeNames, place)
    })
  }

  it("adds up to what it was busy, without what it was idle", () => {
    const { all, busy, places } = spent(profile(frames))
    assert.strictEqual(busy, 200 * frames.length)
    assert.strictEqual(
      [...places.values()].reduce((sum, micros) => sum + micros, 0),
      busy
    )
    assert.strictEqual(all, busy + 200)
  })
})
