import { colours } from "../faults/Strip.ts"
import { rectangle, svg, text } from "../faults/Svg.ts"
import { pointsOf, type Quantity, quantities, type Sample } from "./Sample.ts"

/** Pixels. */
const layout = { left: 210, plot: 640, right: 80, strip: 64, gap: 22, top: 20, bottom: 34 } as const

const minutes = (hours: number) => hours * 60

const line = (points: ReadonlyArray<readonly [number, number]>): string => {
  const places = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")
  return `<polyline points="${places}" fill="none" stroke="${colours.served}" stroke-width="1.5"/>`
}

/** From zero, so that what looks flat is flat. */
const strip = (quantity: Quantity, samples: ReadonlyArray<Sample>, end: number, top: number) => {
  const points = pointsOf(quantity, samples)
  const most = points.reduce((sofar, { value }) => Math.max(sofar, value), Number.MIN_VALUE)
  const base = top + layout.strip
  const place = (at: number, value: number) =>
    [layout.left + (at / end) * layout.plot, base - (value / most) * layout.strip] as const
  const { digits, name, unit } = quantity
  return [
    rectangle({ x: layout.left, y: base, width: layout.plot, height: 1 }, colours.fault),
    line(points.map(({ at, value }) => place(at, value))),
    text(name, { x: layout.left - 8, y: base }, { fill: colours.text, anchor: "end" }),
    text(
      `${most.toFixed(digits)} ${unit}`.trim(),
      { x: layout.left + layout.plot + 8, y: top + 8 },
      { fill: colours.faint }
    )
  ]
}

const axis = (end: number, y: number) =>
  [0, 1, 2, 3, 4].map((quarter) =>
    text(
      `${(minutes(end) * (quarter / 4)).toFixed(1)} min`,
      { x: layout.left + (quarter / 4) * layout.plot, y },
      { fill: colours.faint }
    )
  )

/** Each quantity over time, on its own scale, whose end is written beside it. */
export const picture = (samples: ReadonlyArray<Sample>): string => {
  const end = samples.reduce((sofar, { at }) => Math.max(sofar, at), Number.MIN_VALUE)
  const each = layout.strip + layout.gap
  const bottom = layout.top + quantities.length * each
  return svg(
    {
      width: layout.left + layout.plot + layout.right,
      height: bottom + layout.bottom,
      title: "What the service held, and how long its answers took, over time"
    },
    [
      ...quantities.flatMap((quantity, at) =>
        strip(quantity, samples, end, layout.top + at * each)
      ),
      ...axis(end, bottom + 6)
    ]
  )
}
