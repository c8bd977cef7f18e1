import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { newInnocence } from "../../proofs/interrupts/Innocent.ts"
import { networks, planOf } from "../../proofs/interrupts/Interruption.ts"
import { page } from "../../proofs/interrupts/Page.ts"
import type { InterruptsRun, NetworkRun } from "../../proofs/interrupts/Run.ts"
import { offendingOf, zerosOf } from "../../proofs/interrupts/Zeros.ts"

const settlement = { active: 0, waiting: 0, excess: 0, missing: 0, running: 0, open: 0 }
const clean: NetworkRun = {
  network: "direct",
  accounts: [],
  innocence: newInnocence(),
  bystanders: newInnocence(),
  settlement,
  lags: []
}
const marks = { lost: [], shown: [], doubled: [] }

const [interruption] = planOf(1, 1)

const account = (took: number) => ({
  id: "1.0",
  interruption: interruption ?? assert.fail("no plan"),
  ending: { _tag: "Success" as const },
  mayCommit: false,
  strike: {
    interruption: interruption ?? assert.fail("no plan"),
    at: 0,
    took,
    ending: { _tag: "Interrupted" as const },
    isKept: true
  }
})

const whole = (runs: ReadonlyArray<NetworkRun>): InterruptsRun => ({
  runs,
  marks,
  seed: 1,
  postgresVersion: "18.4",
  nodeVersion: "20.19.0",
  took: Duration.minutes(3)
})

const broken = {
  ...Object.fromEntries(
    (["active", "waiting", "excess", "missing", "running", "open"] as const).map((of) => [
      of,
      { runs: [{ ...clean, settlement: { ...settlement, [of]: 2 } }], marks }
    ])
  ),
  ...Object.fromEntries(
    (["cancelled", "wrong", "failed"] as const).flatMap((of) =>
      (["innocence", "bystanders"] as const).map((who) => [
        `${of} ${who}`,
        { runs: [{ ...clean, [who]: { ...newInnocence(), [of]: 2 } }], marks }
      ])
    )
  ),
  ...Object.fromEntries(
    (["lost", "shown", "doubled"] as const).map((of) => [
      of,
      { runs: [clean], marks: { ...marks, [of]: ["1.0", "2.0"] } }
    ])
  )
}

describe("the verdict on interrupts", () => {
  it("finds no offence where nothing is left and nobody was disturbed", () => {
    assert.deepStrictEqual(offendingOf({ runs: networks.map(() => clean), marks }), [])
  })

  it.each(Object.entries(broken))("finds the offence %s, once", (_, run) => {
    const offences = offendingOf(run)
    assert.deepStrictEqual(
      offences.map(({ count }) => count),
      [2]
    )
  })

  it("takes a defect for an offence", () => {
    const ending = { _tag: "Defect" as const, message: "boom" }
    const runs = [{ ...clean, accounts: [{ ...account(1), ending }] }]
    assert.strictEqual(offendingOf({ runs, marks })[0]?.count, 1)
  })
})

describe("the page on interrupts", () => {
  it("shows every zero, how many were late, and by which seed it is repeated", () => {
    const run = whole([{ ...clean, accounts: [account(1), account(101)] }])
    const text = page(run)
    for (const { what } of zerosOf(run)) assert.match(text, new RegExp(`\\| ${what} +\\| +0 \\|`))
    assert.include(text, "1 returned later than 100 ms")
    assert.include(text, "npm run interrupts -- --seed 1")
  })
})
