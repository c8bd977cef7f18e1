import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { effectCaller, once, promiseCaller } from "../../bench/Caller.ts"
import { pairedRounds } from "../../bench/PairedRounds.ts"

const kinds = [
  { kind: "effects", caller: (run: () => void) => effectCaller(Effect.sync(run)) },
  { kind: "promises", caller: (run: () => void) => promiseCaller(async () => run()) }
]

describe("rounds by turns", () => {
  it.live.each(kinds)("each does its $kind for its slice of every round", ({ caller }) =>
    Effect.gen(function* () {
      const turns: Array<string> = []
      const entrant = (name: string) => ({
        name,
        caller: caller(() => {
          if (turns.at(-1) !== name) turns.push(name)
        })
      })
      const schedule = { rounds: 3, slice: Duration.millis(5), warmUp: 0 }
      const samples = yield* pairedRounds([entrant("one"), entrant("other")], 4, schedule)
      assert.deepStrictEqual(turns, ["one", "other", "one", "other"])
      for (const some of samples.values()) {
        assert.lengthOf(some, 3)
        for (const each of some) assert.isAbove(each.operationsPerSecond, 0)
      }
    })
  )

  it.live("the time until every caller is there does not count", () =>
    Effect.gen(function* () {
      let begun = 0
      const operation = Effect.suspend(() =>
        begun++ < 4 ? Effect.sleep("100 millis") : Effect.yieldNow()
      )
      const schedule = { rounds: 1, slice: Duration.millis(50), warmUp: 0 }
      const late = { name: "late", caller: effectCaller(operation) }
      const samples = yield* pairedRounds([late], 4, schedule)
      // With it, the first four would be all of its slice: some forty a second.
      assert.isAbove(samples.get("late")?.[0]?.operationsPerSecond ?? 0, 400)
    })
  )

  it.effect.each(kinds)("one of $kind can be had once", ({ caller }) =>
    Effect.gen(function* () {
      let times = 0
      yield* once(
        caller(() => {
          times += 1
        })
      )
      assert.strictEqual(times, 1)
    })
  )
})
