import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck } from "effect"
import { cutName } from "../../proofs/Cut.ts"
import type { Entry } from "../../proofs/CutSignUp.ts"
import type { Ledger } from "../../proofs/Ledger.ts"
import { allSeries } from "../../proofs/Plan.ts"
import { offenceLine, offending, page } from "../../proofs/Report.ts"
import { fiveZeros, honest, isOffence, offences } from "../../proofs/Verdict.ts"

const bytes = { toServer: 1, toClient: 1 }

const entry: FastCheck.Arbitrary<Entry> = FastCheck.record({
  cut: FastCheck.record({
    series: FastCheck.constantFrom(...allSeries),
    direction: FastCheck.constantFrom("toServer", "toClient"),
    ending: FastCheck.constantFrom("reset", "close", "blackhole"),
    offset: FastCheck.nat(500)
  }),
  wasCut: FastCheck.boolean(),
  attempts: FastCheck.nat(3),
  hasAsked: FastCheck.boolean(),
  reported: FastCheck.constant({ _tag: "Success" as const }),
  truth: FastCheck.constant({ users: 1, sessions: 1, audits: 1 }),
  verdict: FastCheck.constantFrom(...offences, ...honest)
})

const ledgerOf = (entries: ReadonlyArray<Entry>): Ledger => ({
  exchanges: allSeries.map((series) => ({ series, opening: bytes, total: bytes })),
  entries,
  postgresVersion: "18.4",
  nodeVersion: "20.19.0",
  took: Duration.minutes(3)
})

/** The numbers of the table that begins with such a row, by the first cell of theirs. */
const tableOf = (text: string, head: string): Readonly<Record<string, ReadonlyArray<number>>> => {
  const rest = text.slice(text.indexOf(`| ${head} |`)).split("\n")
  const rows = rest.slice(2, rest.indexOf(""))
  return Object.fromEntries(
    rows.map((row) => {
      const [name = "", ...cells] = row.split("|").slice(1, -1)
      return [name.trim(), cells.map(Number)]
    })
  )
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, each) => total + each, 0)

const entries = FastCheck.array(entry, { maxLength: 40 })

describe("the report", () => {
  it.prop("judges every run once, and its columns add up", [entries], ([all]) => {
    const rows = Object.values(tableOf(page(ledgerOf(all)), "Judgement"))
    assert.strictEqual(rows.length, offences.length + honest.length)
    assert.strictEqual(sum(rows.map((row) => row.at(-1) ?? 0)), all.length)
    for (const row of rows) assert.strictEqual(sum(row.slice(0, -1)), row.at(-1))
  })

  it.prop("counts as cuts only what was cut", [entries], ([all]) => {
    const text = page(ledgerOf(all))
    const cut = all.filter(({ wasCut }) => wasCut).length
    assert.include(text, `\n${cut} cuts: `)
    const rows = Object.values(tableOf(text, "Series"))
    assert.strictEqual(sum(rows.map((row) => row.at(-1) ?? 0)), cut)
  })

  it.prop("begins with the five numbers that must be zero", [entries], ([all]) => {
    const [first = ""] = page(ledgerOf(all)).match(/\*\*.*\*\*/) ?? []
    const numbers = [...first.matchAll(/\d+/g)].map(Number)
    const expected = fiveZeros.map((zero) => all.filter(({ verdict }) => verdict === zero).length)
    assert.deepStrictEqual(numbers, expected)
  })

  it.prop("names every offence by a command that repeats it", [entries], ([all]) => {
    const lines = offending(ledgerOf(all)).map(offenceLine)
    const guilty = all.filter(({ verdict }) => isOffence(verdict))
    assert.strictEqual(lines.length, guilty.length)
    guilty.forEach(({ cut }, i) => {
      assert.include(lines[i], `npm run ledger -- --only ${cutName(cut)} `)
    })
  })
})
