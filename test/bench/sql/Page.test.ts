import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { contestants } from "../../../bench/sql/Contestant.ts"
import { page } from "../../../bench/sql/Page.ts"
import { picture } from "../../../bench/sql/Picture.ts"
import { statements } from "../../../bench/sql/Workload.ts"
import { comparison, resultOf } from "./Samples.ts"

const text = page(comparison)
const svg = picture(comparison.results)

describe("the page of the statements", () => {
  it("has a row for every contestant in every table of a workload, and in that of growth", () => {
    for (const { name } of contestants) {
      const rows = text.split("\n").filter((line) => line.startsWith(`| ${name} |`))
      assert.isAtLeast(rows.length, 6, name)
    }
  })

  it("says how many goals are met, and which is not", () => {
    assert.include(text, "13 of 13 goals are met by holdfast as it is, 13 also within")
    assert.notInclude(text, "**no**")
    const results = statements.map((workload) => resultOf(workload))
    const missed = page({ ...comparison, results })
    assert.include(missed, "3 of 9 goals are met by holdfast as it is, 3 also within")
    assert.include(missed, "**no**")
  })

  it("names the command, the machine and every version", () => {
    for (const fact of ["npm run bench:sql", "2 processors", "A Processor", "18.4", "20.20.2"]) {
      assert.include(text, fact)
    }
    for (const version of Object.values(comparison.versions)) assert.include(text, version)
    assert.notMatch(text, /undefined|NaN/)
  })

  it("leads to files that are there", () => {
    for (const [, file = ""] of text.matchAll(/\]\(([^)]+\.ts)\)/g)) {
      const url = new URL(`../../../docs/performance/${file}`, import.meta.url)
      assert.isTrue(existsSync(url), file)
    }
  })
})

describe("the picture of the statements", () => {
  it("draws a bar for each contestant of each workload, with finite numbers", () => {
    assert.strictEqual(svg.split(" a second</text>").length - 1, 5 * contestants.length)
    assert.notMatch(svg, /NaN|Infinity|undefined/)
  })

  it("draws twice the speed twice as long", () => {
    const widths = [...svg.matchAll(/width="([\d.]+)" height="14"/g)].map(([, width]) =>
      Number(width)
    )
    assert.strictEqual(Math.max(...widths), 2 * Math.min(...widths))
  })
})
