import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import type { Comparison } from "../../../bench/faults/Comparison.ts"
import { contestants } from "../../../bench/faults/Contestant.ts"
import { page } from "../../../bench/faults/Page.ts"
import { failed, operation, runOf } from "./Samples.ts"

const comparison: Comparison = {
  contestants,
  runs: contestants.map(({ name }, at) =>
    runOf([operation(900, 1900), operation(4990, 5000 + at, failed)], {
      contestant: name,
      deaths: at === 0 ? [{ at: 5500, reason: "Error: read ECONNRESET", backAt: 6400 }] : []
    })
  ),
  versions: { pg: "8.23.1", postgres: "3.4.9", "@effect/sql-pg": "0.53.0", holdfast: "0.1.0" },
  nodeVersion: "20.20.2",
  processors: 2,
  took: Duration.minutes(7)
}

const text = page(comparison)
const rows = text.split("\n").filter((line) => line.startsWith("| "))

/** The cells of the first row that begins so, behind what it begins with. */
const cells = (head: string): ReadonlyArray<string> =>
  rows
    .find((row) => row.startsWith(`| ${head} |`))
    ?.split(" | ")
    .slice(1) ?? []

describe("the page of the comparison", () => {
  it("has a row for every contestant, with its operations and failures", () => {
    for (const { name } of contestants) {
      assert.deepStrictEqual(cells(name).slice(0, 2), ["2", "1"])
    }
  })

  it("says for every fault how each contestant met it", () => {
    const crash = rows.filter((row) => row.startsWith("| crash |"))
    assert.strictEqual(crash.length, 3)
    assert.strictEqual(cells("crash").length, contestants.length)
  })

  it("says where nobody was served before the next fault", () => {
    assert.isTrue(rows.some((row) => row.startsWith("| reset | none |")))
  })

  it("tells the deaths, and what ended the process", () => {
    assert.include(text, '- **pg.Pool** during "crash": `Error: read ECONNRESET`')
  })

  it("tells how long the database was away, where it was", () => {
    assert.match(text, /\*\*crash\*\*: .*\(an outage of 2\.0 s\)/)
    assert.notMatch(text, /\*\*reset\*\*: .*outage/)
  })

  it("shows everybody's client and version", () => {
    for (const { file, name } of contestants) {
      assert.include(text, `(../bench/faults/${file})`)
      assert.isTrue(existsSync(new URL(`../../../bench/faults/${file}`, import.meta.url)), name)
    }
    assert.notInclude(text, "undefined")
  })
})
