import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as WaitQueue from "../../src/pool/WaitQueue.ts"

type Move =
  | { readonly _tag: "join" | "shift" | "returnLast" }
  | { readonly _tag: "leave"; readonly pick: number }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Move>({ _tag: "join" }) },
  { weight: 3, arbitrary: fc.constant<Move>({ _tag: "shift" }) },
  { weight: 1, arbitrary: fc.constant<Move>({ _tag: "returnLast" }) },
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant("leave" as const), pick: fc.nat() }) }
)

const waiter = (ticket: number): WaitQueue.Waiter => ({
  ticket,
  since: 0,
  deadline: 1,
  failuresBefore: 0
})

describe("the queue of waiting callers", () => {
  it.prop(
    "is what a sorted list of them would be, whoever joins, is served, comes back or leaves",
    [fc.array(move, { maxLength: 200 })],
    ([moves]) => {
      let queue = WaitQueue.empty
      let model: Array<number> = []
      let served: Array<number> = []
      let next = 0
      for (const each of moves) {
        if (each._tag === "join") {
          queue = WaitQueue.join(queue, waiter(next))
          model.push(next++)
        } else if (each._tag === "shift") {
          queue = WaitQueue.shift(queue)
          served.push(...model.splice(0, 1))
        } else if (each._tag === "returnLast") {
          // Whoever was served stood before all who wait now.
          const ticket = served.pop()
          if (ticket === undefined) continue
          queue = WaitQueue.rejoin(queue, waiter(ticket))
          model = [ticket, ...model].toSorted((one, other) => one - other)
          served = served.filter((other) => other < ticket)
        } else if (each._tag === "leave" && model.length > 0) {
          const [ticket] = model.splice(each.pick % model.length, 1)
          if (ticket !== undefined) queue = WaitQueue.leave(queue, ticket)
        }
        assert.deepStrictEqual(
          WaitQueue.toArray(queue).map(({ ticket }) => ticket),
          model
        )
        assert.strictEqual(queue.size, model.length)
        assert.strictEqual(WaitQueue.first(queue)?.ticket, model[0])
      }
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("has callers who were taken out together, and come back one by one, at their old places", () => {
    let queue = [0, 1, 2].map(waiter).reduce(WaitQueue.join, WaitQueue.empty)
    queue = WaitQueue.shift(WaitQueue.shift(queue))
    queue = [0, 1].map(waiter).reduce(WaitQueue.rejoin, queue)
    assert.deepStrictEqual(
      WaitQueue.toArray(queue).map(({ ticket }) => ticket),
      [0, 1, 2]
    )
  })
})
