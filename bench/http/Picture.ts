import { colours } from "../faults/Strip.ts"
import { rectangle, svg, text } from "../faults/Svg.ts"
import { type Spread, spread } from "../Statistics.ts"
import { type HttpRun, perSecond, startTimes } from "./HttpRun.ts"

/** Pixels. */
const layout = { left: 210, plot: 560, right: 150, row: 26, bar: 16, head: 34, gap: 18 } as const

/** Bars that share a scale. */
interface Panel {
  readonly title: string
  readonly bars: ReadonlyArray<{ readonly name: string; readonly reached: Spread }>
}

const panelOf = (
  title: string,
  names: Iterable<string>,
  values: (name: string) => ReadonlyArray<number>
): Panel => ({
  title,
  bars: [...names].map((name) => ({ name, reached: spread(values(name)) }))
})

const panelsOf = (run: HttpRun): ReadonlyArray<Panel> => [
  panelOf("Session look-ups a second", run.lookUps.keys(), (name) => perSecond(run.lookUps, name)),
  panelOf("Sign-ups a second", run.signUps.keys(), (name) => perSecond(run.signUps, name)),
  panelOf("Milliseconds from start to first answer (less is better)", run.starts.keys(), (name) =>
    startTimes(run, name)
  )
]

const height = ({ bars }: Panel) => layout.head + bars.length * layout.row + layout.gap

const bar = ({ name, reached }: Panel["bars"][number], most: number, y: number) => {
  const { max, median, min } = reached
  const x = (value: number) => layout.left + (value / most) * layout.plot
  const fill = name === "holdfast" ? colours.served : colours.faint
  const middle = y + layout.bar / 2
  return [
    text(name, { x: layout.left - 8, y: y + 12 }, { fill: colours.text, anchor: "end" }),
    rectangle({ x: layout.left, y, width: x(median) - layout.left, height: layout.bar }, fill),
    // From the least to the most of the rounds.
    rectangle({ x: x(min), y: middle - 1, width: x(max) - x(min), height: 2 }, colours.text),
    text(median.toFixed(0), { x: x(max) + 8, y: y + 12 }, { fill: colours.text })
  ]
}

const panel = ({ bars, title }: Panel, top: number) => {
  const most = Math.max(...bars.map(({ reached }) => reached.max))
  return [
    text(title, { x: layout.left, y: top + 20 }, { fill: colours.text }),
    ...bars.flatMap((each, at) => bar(each, most, top + layout.head + at * layout.row))
  ]
}

/** The medians as bars, each with a line from the least to the most of the rounds. */
export const picture = (run: HttpRun): string => {
  const panels = panelsOf(run)
  const tops = panels.map((_, at) =>
    panels.slice(0, at).reduce((sum, each) => sum + height(each), 0)
  )
  return svg(
    {
      width: layout.left + layout.plot + layout.right,
      height: panels.reduce((sum, each) => sum + height(each), 0),
      title: "Session look-ups, sign-ups and starts over HTTP, by contestant"
    },
    panels.flatMap((each, at) => panel(each, tops[at] ?? 0))
  )
}
