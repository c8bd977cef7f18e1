import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { Agenda } from "../../proofs/herd/Agenda.ts"
import { callersPerPool, herd, settingOf } from "../../proofs/herd/Herd.ts"
import { absences } from "../../proofs/herd/HerdServer.ts"
import { holdfast, policies } from "../../proofs/herd/Policy.ts"
import { type Hospitality, Reception } from "../../proofs/herd/Reception.ts"
import { SimulatedTime } from "../../proofs/herd/SimulatedTime.ts"

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, each) => total + each, 0)

const dues = FastCheck.array(
  FastCheck.record({ at: FastCheck.nat(50), isOff: FastCheck.boolean() })
)

describe("the agenda", () => {
  it.prop("has all that was not struck out happen, in the order of time", [dues], ([all]) => {
    const agenda = new Agenda()
    const happened: Array<number> = []
    for (const [number, { at, isOff }] of all.entries()) {
      const strikeOut = agenda.add(at, () => happened.push(number))
      if (isOff) strikeOut()
    }
    while (agenda.next < Number.POSITIVE_INFINITY) agenda.take()?.()
    const expected = [...all.entries()]
      .filter(([, { isOff }]) => !isOff)
      .sort(([one, { at }], [other, due]) => at - due.at || one - other)
      .map(([number]) => number)
    assert.deepStrictEqual(happened, expected)
  })
})

/** When the last of so many who come together is welcomed, in milliseconds. */
const welcomedAfter = (guests: number, hospitality: Hospitality): number => {
  const time = new SimulatedTime()
  const reception = new Reception(time, hospitality)
  let last = 0
  for (let guest = 0; guest < guests; guest++) {
    reception.enter(() => {
      last = time.now
    })
  }
  time.advance(1e6)
  return last
}

const steady: Hospitality = { warm: 100, cold: 100, warmUp: 1000, crowd: 1e9 }

describe("the server of the herd", () => {
  it.prop(
    "opens so many sessions per second",
    [FastCheck.integer({ min: 1, max: 50 })],
    ([many]) => {
      assert.approximately(welcomedAfter(many, steady), many * 10, 1)
    }
  )

  it("takes longer when it is cold, and when many come at the same time", () => {
    const usual = welcomedAfter(50, steady)
    assert.isAbove(welcomedAfter(50, { ...steady, cold: 10 }), 1.5 * usual)
    assert.approximately(welcomedAfter(50, { ...steady, crowd: 50 }), 2 * usual, 10)
  })
})

describe("a server that comes back", () => {
  it.effect.each(absences)(
    "serves every caller of holdfast, and is not stampeded (%s)",
    (absence) =>
      Effect.gen(function* () {
        const run = yield* herd(holdfast, settingOf(5, absence))
        const { callersServed, dialsAway, dialsBack } = run
        assert.lengthOf(callersServed, 5 * callersPerPool)
        // Past the first moments: one dial at a time for each pool, at most one in 375 ms.
        assert.isAtMost(Math.max(...dialsAway.slice(3)), 5 * 3)
        assert.isAtMost(sum(dialsBack), sum(dialsAway))
      })
  )

  it.effect("is dialed in vain by those who dial for every caller again and again", () =>
    Effect.gen(function* () {
      const naive = policies.filter(({ name }) => name === "again after 1 s")
      const runs = yield* Effect.forEach(naive, (each) => herd(each, settingOf(5, "refusing")))
      for (const { dialsAway } of runs) assert.isAbove(dialsAway.at(-1) ?? 0, 5 * 8)
      assert.lengthOf(runs, 1)
    })
  )

  it.effect("meets the same herd every time", () =>
    Effect.gen(function* () {
      const run = herd(holdfast, settingOf(2, "refusing"))
      assert.deepStrictEqual(yield* run, yield* run)
    })
  )
})
