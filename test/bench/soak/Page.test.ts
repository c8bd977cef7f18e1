import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { ordeals, scheduleOf } from "../../../bench/soak/Ordeals.ts"
import { growing, page } from "../../../bench/soak/Page.ts"
import { picture } from "../../../bench/soak/Picture.ts"
import { quantities, type Sample } from "../../../bench/soak/Sample.ts"
import { someMachine } from "../someMachine.ts"

const sample = (minute: number, heap: number): Sample => ({
  at: minute / 60,
  holding: { heap: heap * 2 ** 20, rss: 2 ** 27, handles: 30, sockets: 28 },
  visits: { lookUps: [1, 2, 3 + (minute % 2)], signUps: [20, 30], failed: minute === 3 ? 1 : 0 }
})

const soak = (heap: (minute: number) => number) =>
  Array.from({ length: 30 }, (_, index) => sample(index + 1, heap(index + 1)))

const flat = soak((minute) => 40 + (minute % 2))
const leaking = soak((minute) => 40 + minute)

const text = (samples: ReadonlyArray<Sample>) =>
  page({
    ...{ samples, minutes: 30, interval: 60 },
    machine: someMachine
  })

describe("the page of the soak", () => {
  it("says that nothing grew where nothing did", () => {
    assert.deepStrictEqual(growing(flat), [])
    assert.include(text(flat), "**Nothing grew.**")
  })

  it("names what grew, and nothing else", () => {
    assert.deepStrictEqual(
      growing(leaking).map(({ name }) => name),
      ["heap after a collection"]
    )
    assert.include(text(leaking), "**It grew: heap after a collection.**")
  })

  it("counts what was served and what was not", () => {
    assert.include(text(flat), "90 look-ups and 60 sign-ups were served, 1 requests were not")
  })

  it("is drawn with every quantity and finite numbers", () => {
    for (const { name } of quantities) assert.include(picture(flat), `>${name}</text>`)
    assert.notMatch(`${picture(flat)}${text(flat)}`, /NaN|Infinity|undefined/)
  })

  it("each fault strikes in the midst of an interval, and all of them by turns", () => {
    const { faults } = scheduleOf(5, Duration.seconds(30))
    assert.deepStrictEqual(
      faults.map(({ at }) => Duration.toSeconds(at)),
      [15, 45, 75, 105, 135]
    )
    assert.deepStrictEqual(
      faults.map(({ fault }) => fault),
      [...ordeals, ...ordeals].slice(0, 5).map(({ fault }) => fault)
    )
  })
})
