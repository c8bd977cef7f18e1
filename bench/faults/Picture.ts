import type { ContestantRun } from "./ContestantRun.ts"
import { binned, colours, type Scale, served, strip, stripHeight } from "./Strip.ts"
import { rectangle, svg, text } from "./Svg.ts"

/** Pixels. */
const layout = { left: 160, plot: 900, right: 60, top: 128, gap: 14, bottom: 56 } as const

/** Milliseconds. */
const bin = 250
const tick = 10_000

const scaleOf = (runs: ReadonlyArray<ContestantRun>): Scale => {
  const ends = runs.flatMap(({ operations }) => operations.map(({ ended }) => ended))
  const bins = Math.ceil(ends.reduce((most, end) => Math.max(most, end), bin) / bin)
  const tallest = runs.flatMap((run) => binned(served(run), { bin, bins }))
  return {
    x: (millis) => layout.left + (millis / (bins * bin)) * layout.plot,
    bin,
    bins,
    most: tallest.reduce((most, count) => Math.max(most, count), 1)
  }
}

/** The names of the faults, where they struck the first contestant. */
const heads = ([first]: ReadonlyArray<ContestantRun>, scale: Scale) =>
  (first?.struck ?? []).map(({ fault, from }) =>
    text(fault.name, { x: scale.x(from), y: layout.top - 8 }, { fill: colours.text, rotate: -45 })
  )

const axis = (scale: Scale, y: number) => {
  const ticks = Math.floor((scale.bins * bin) / tick) + 1
  return Array.from({ length: ticks }, (_, at) =>
    text(`${(at * tick) / 1000} s`, { x: scale.x(at * tick), y }, { fill: colours.faint })
  )
}

const key = (scale: Scale, y: number) => {
  const x = layout.left
  const perSecond = Math.round((scale.most * 1000) / bin)
  const swatch = (at: number, fill: string) =>
    rectangle({ x: x + at, y: y - 9, width: 10, height: 10 }, fill)
  const words = (at: number, what: string) => text(what, { x: x + at, y }, { fill: colours.faint })
  return [
    swatch(0, colours.served),
    words(16, `served (at most ${perSecond} a second)`),
    swatch(220, colours.failed),
    words(236, "failed (never less than a mark)"),
    swatch(440, colours.fault),
    words(456, "while the fault lasts"),
    words(600, "✕ the process died")
  ]
}

/** The runs above each other, on one scale of time and one of operations. */
export const picture = (runs: ReadonlyArray<ContestantRun>): string => {
  const scale = scaleOf(runs)
  const strips = runs.flatMap((run, at) =>
    strip(run, scale, layout.top + at * (stripHeight + layout.gap))
  )
  const end = layout.top + runs.length * (stripHeight + layout.gap)
  return svg(
    {
      width: layout.left + layout.plot + layout.right,
      height: end + layout.bottom,
      title: "Operations served and failed, by contestant, through the same faults"
    },
    [...heads(runs, scale), ...strips, ...axis(scale, end + 4), ...key(scale, end + 36)]
  )
}
