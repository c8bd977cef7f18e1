import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { goalsOf } from "../../../bench/http/Goals.ts"
import { ceiling } from "../../../bench/http/HttpBenchmarks.ts"
import type { HttpRun } from "../../../bench/http/HttpRun.ts"
import { page } from "../../../bench/http/Page.ts"
import { picture } from "../../../bench/http/Picture.ts"
import { betterAuth, byHand, holdfast, onPlatform } from "../../../bench/http/Service.ts"
import { bare, embedded } from "../../../bench/http/Starts.ts"
import { someMachine } from "../someMachine.ts"

const slices = (perSecond: number, p99: number) =>
  [0.9, 1, 1.1].map((busy) => ({ perSecond: perSecond * busy, p50: 1, p99 }))

/** Everything is as it is wanted, and not by much. */
const run: HttpRun = {
  scale: { rounds: 3, slice: 1000, lookups: 32, signups: 16 },
  lookUps: new Map([
    [holdfast.name, slices(4000, 12)],
    [byHand.name, slices(7900, 4.1)],
    [onPlatform.name, slices(5000, 8)],
    [betterAuth.name, slices(660, 60)]
  ]),
  signUps: new Map([
    [ceiling, slices(164, 100)],
    [holdfast.name, slices(155, 110)],
    [byHand.name, slices(159, 100)],
    [onPlatform.name, slices(157, 100)],
    [betterAuth.name, slices(21, 800)]
  ]),
  starts: new Map([
    [bare, [300, 310, 290]],
    [holdfast.name, [440, 450, 430]],
    [embedded, [2900, 2000, 2500]]
  ]),
  betterAuthVersion: "1.7.25",
  machine: someMachine
}

const unmet = (changed: Partial<HttpRun>) =>
  goalsOf({ ...run, ...changed }).flatMap(({ isMet, text }) => (isMet ? [] : [text.slice(0, 18)]))

describe("the page of the benchmark over HTTP", () => {
  it("says that goals are met that are", () => {
    assert.deepStrictEqual(unmet({}), [])
    assert.strictEqual(page(run).split("| met |").length - 1, 6)
    assert.notMatch(page(run), /not met|undefined|NaN/)
  })

  it.each<{ what: string; changed: Partial<HttpRun>; missed: ReadonlyArray<string> }>([
    {
      what: "look-ups that are slow and late",
      changed: { lookUps: new Map(run.lookUps).set(holdfast.name, slices(3900, 13)) },
      missed: ["look-ups a second,", "p99 of look-ups, o", "look-ups a second,"]
    },
    {
      what: "sign-ups that are slow",
      changed: { signUps: new Map(run.signUps).set(holdfast.name, slices(152, 110)) },
      missed: ["sign-ups a second,"]
    },
    {
      what: "starts that are slow",
      changed: {
        starts: new Map(run.starts)
          .set(holdfast.name, [460, 470, 480])
          .set(embedded, [3010, 3100, 1])
      },
      missed: ["start, of a bare p", "`npm start` with a"]
    }
  ])("says of $what that their goals are not met", ({ changed, missed }) => {
    assert.deepStrictEqual(unmet(changed), missed)
    assert.include(page({ ...run, ...changed }), "**not met**")
  })

  it("says how to have better-auth in it when it was not", () => {
    const lookUps = new Map(run.lookUps)
    lookUps.delete(betterAuth.name)
    const text = page({ ...run, lookUps, betterAuthVersion: undefined })
    assert.include(text, "npm ci --prefix examples/better-auth")
    assert.notMatch(text, /undefined|NaN/)
  })

  it("leads to what was measured", () => {
    const ours = ["floor", "byHand", "byHandOnPlatform"]
    const paths = ours.map((name) => `bench/http/servers/${name}.mjs`)
    for (const path of [...paths, "examples/better-auth/bench/server.mjs"]) {
      assert.isTrue(existsSync(new URL(`../../../${path}`, import.meta.url)), path)
    }
    assert.include(page(run), "(../../bench/http/servers/floor.mjs)")
    assert.include(page(run), "(../../bench/http/servers/byHandOnPlatform.mjs)")
  })

  it("is drawn with everybody's name and finite numbers", () => {
    const svg = picture(run)
    const services = [holdfast, byHand, onPlatform, betterAuth].map(({ name }) => name)
    for (const name of [...services, ceiling, bare, embedded]) {
      assert.include(svg, `>${name}</text>`)
    }
    assert.notMatch(svg, /NaN|Infinity|undefined/)
  })
})
