import { rectangle, svg, text } from "../faults/Svg.ts"
import type { Spread } from "../Statistics.ts"
import { own } from "./Contestant.ts"
import { count } from "./Figures.ts"
import { goalsOf } from "./Goal.ts"
import { advantage, type Result, standing } from "./Result.ts"
import { growth } from "./Workload.ts"

/** Whose speed is one. */
const reference = "@effect/sql-pg"

/** Pixels. */
const layout = { left: 150, plot: 620, right: 170, top: 44, bar: 14, gap: 6, group: 34, bottom: 40 }

const colours = {
  text: "#24292f",
  faint: "#6e7781",
  own: "#2da44e",
  other: "#afb8c1",
  spread: "#24292f",
  goal: "#cf222e"
} as const

interface Bar {
  readonly name: string
  readonly times: Spread
  readonly perSecond: number
}

const barsOf = (result: Result): ReadonlyArray<Bar> =>
  [...result.samples.keys()].map((name) => ({
    name,
    times: advantage(result, name, reference),
    perSecond: standing(result, name).operationsPerSecond
  }))

/** Where so many times the speed of the reference is drawn. */
type Scale = (times: number) => number

const bar = ({ name, perSecond, times }: Bar, x: Scale, y: number): ReadonlyArray<string> => {
  const middle = y + layout.bar / 2
  const end = Math.max(x(times.max), x(times.median))
  return [
    text(name, { x: layout.left - 8, y: y + 11 }, { fill: colours.text, anchor: "end" }),
    rectangle(
      { x: layout.left, y, width: x(times.median) - layout.left, height: layout.bar },
      own.includes(name) ? colours.own : colours.other
    ),
    rectangle(
      { x: x(times.min), y: middle - 0.5, width: x(times.max) - x(times.min), height: 1 },
      colours.spread
    ),
    text(
      `${times.median.toFixed(2)} x, ${count(perSecond)} a second`,
      { x: end + 6, y: y + 11 },
      { fill: colours.faint }
    )
  ]
}

const pitch = layout.bar + layout.gap

const groupHeight = (bars: ReadonlyArray<Bar>) => layout.group + bars.length * pitch

const group = (result: Result, x: Scale, top: number): ReadonlyArray<string> => {
  const bars = barsOf(result)
  const first = top + layout.group - 8
  const goal = goalsOf(result.workload).find(({ against }) => against === reference)
  const mark = (times: number) =>
    rectangle({ x: x(times), y: first - 4, width: 1.5, height: bars.length * pitch }, colours.goal)
  return [
    text(result.workload.name, { x: layout.left, y: first - 10 }, { fill: colours.text }),
    ...bars.flatMap((each, at) => bar(each, x, first + at * pitch)),
    ...(goal === undefined ? [] : [mark(goal.atLeast)])
  ]
}

const key = (y: number): ReadonlyArray<string> => [
  text(
    `Bars: times ${reference}, the median of the rounds; lines through them: the least and the most; red: the goal of holdfast`,
    { x: layout.left, y },
    { fill: colours.faint }
  )
]

/** A bar for each contestant of each workload, on one scale. */
export const picture = (results: ReadonlyArray<Result>): string => {
  const drawn = results.filter(({ workload }) => growth.every(({ name }) => name !== workload.name))
  const bars = drawn.map(barsOf)
  const most = bars.flat().reduce((tallest, { times }) => Math.max(tallest, times.max), 1)
  const x: Scale = (times) => layout.left + (times / most) * layout.plot
  const topOf = (at: number) =>
    bars.slice(0, at).reduce((top, each) => top + groupHeight(each), layout.top)
  return svg(
    {
      width: layout.left + layout.plot + layout.right,
      height: topOf(bars.length) + layout.bottom,
      title: "Operations a second, as many times the stock client's, by workload"
    },
    [...key(layout.top - 16), ...drawn.flatMap((result, at) => group(result, x, topOf(at)))]
  )
}
