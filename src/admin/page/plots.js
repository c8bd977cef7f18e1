/** Plots of the last minutes, each with a table beside it. */

import { columns, minutes } from "./memory.js"
import { count, element, latency, make, time } from "./words.js"

/** @import { Sample } from "../Sample.ts" */
/** @import uPlotType from "uplot" */

/** @type {typeof uPlotType} */
const uPlot = /** @type {any} */ (globalThis).uPlot

// From the first moment that is known, so that a young page is no empty one.
const SHORTEST_SPAN = 120
const HEIGHT = 170

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {keyof Sample} from
 */
/**
 * @typedef {object} Plot
 * @property {string} title
 * @property {"number" | "latency"} unit
 * @property {"mean" | "worst" | "sum"} minute what stands for a minute in the table
 * @property {boolean} [byMinute] minutes instead of seconds
 * @property {ReadonlyArray<Line>} lines
 */

/** @type {ReadonlyArray<Plot>} */
const plots = [
  {
    title: "Statements per second",
    unit: "number",
    minute: "mean",
    lines: [{ label: "Statements", from: "lent" }]
  },
  {
    title: "Connections",
    unit: "number",
    minute: "worst",
    lines: [
      { label: "Active", from: "active" },
      { label: "Idle", from: "idle" }
    ]
  },
  {
    title: "Time to acquire",
    unit: "latency",
    minute: "worst",
    lines: [
      { label: "Median", from: "waitMedian" },
      { label: "p99", from: "waitP99" }
    ]
  },
  {
    title: "Time of a statement",
    unit: "latency",
    minute: "worst",
    lines: [
      { label: "Median", from: "useMedian" },
      { label: "p99", from: "useP99" }
    ]
  },
  {
    title: "Waiting and refused callers",
    unit: "number",
    minute: "worst",
    lines: [
      { label: "Waiting", from: "waiting" },
      { label: "Refused per second", from: "refused" }
    ]
  },
  {
    title: "Sign-ups and sign-ins per minute",
    unit: "number",
    minute: "sum",
    byMinute: true,
    lines: [
      { label: "Sign-ups", from: "signUps" },
      { label: "Sign-ins", from: "signIns" }
    ]
  }
]

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** @param {Plot} plot @param {Line} line @param {number} from @param {number} to */
const ofMinute = ({ minute }, { from: name }, from, to) => {
  const values = columns[name].slice(from, to).filter((value) => value !== null)
  if (values.length === 0) return null
  if (minute === "worst") return Math.max(...values)
  const sum = values.reduce((all, each) => all + each, 0)
  return minute === "sum" ? sum : sum / values.length
}

/** @param {Plot} plot @returns {any} */
const dataOf = (plot) => {
  if (plot.byMinute !== true) {
    return [columns.at, ...plot.lines.map(({ from }) => columns[from])]
  }
  const rows = minutes().reverse()
  return [
    rows.map(({ at }) => at),
    ...plot.lines.map((line) => rows.map(({ from, to }) => ofMinute(plot, line, from, to)))
  ]
}

/** A shade behind the seconds in which the breaker was not closed. @param {any} u */
const shadeOutages = (u) => {
  const { ctx } = u
  ctx.save()
  ctx.fillStyle = colour("--bad-wash")
  columns.breaker.forEach((breaker, index) => {
    const at = columns.at[index]
    if (breaker === "closed" || at < u.scales.x.min) return
    const left = u.valToPos(at, "x", true)
    const width = Math.max(2, u.valToPos(at + 1, "x", true) - left + 1)
    ctx.fillRect(left, u.bbox.top, width, u.bbox.height)
  })
  ctx.restore()
}

const decades = [0.1, 1, 10, 100, 1000, 10_000, 100_000]

/** @param {number | null} least @param {number | null} most @returns {[number, number]} */
const decadesAround = (least, most) => {
  const low = decades.findLast((decade) => decade <= (least ?? 1)) ?? 0.1
  const high = decades.find((decade) => decade >= (most ?? 10)) ?? 100_000
  return [low, high > low ? high : low * 10]
}

const scales = {
  number: {
    /** @param {any} _u @param {number | null} _least @param {number | null} most @returns {[number, number]} */
    range: (_u, _least, most) => [0, Math.max(4, (most ?? 0) * 1.1)]
  },
  latency: {
    distr: /** @type {const} */ (3),
    /** @param {any} _u @param {number | null} least @param {number | null} most */
    range: (_u, least, most) => decadesAround(least, most)
  }
}

/** @param {Plot} plot */
const axes = (plot) => {
  const look = {
    stroke: colour("--quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { show: false }
  }
  return [
    {
      ...look,
      space: 80,
      /** @param {any} _u @param {number[]} splits */
      values: (_u, splits) => splits.map((at) => time(at * 1000).slice(0, 5))
    },
    {
      ...look,
      size: 52,
      ...(plot.unit === "number"
        ? {
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000],
            /** @param {any} _u @param {number[]} splits */
            values: (_u, splits) => splits.map(count)
          }
        : {
            /** @param {any} u */
            splits: (u) => decades.filter((at) => at >= u.scales.y.min && at <= u.scales.y.max),
            /** @param {any} _u @param {number[]} splits */
            filter: (_u, splits) => splits,
            /** @param {any} _u @param {number[]} splits */
            values: (_u, splits) => splits.map((at) => (at < 1 ? `${at} ms` : latency(at).replace(".0", "")))
          })
    }
  ]
}

/** @param {Line} line @param {number} index @param {boolean} [byMinute] */
const seriesOf = ({ label }, index, byMinute) => {
  const stroke = colour(`--plot-${index + 1}`)
  return {
    label,
    stroke,
    width: 1.5,
    ...(byMinute === true
      ? { paths: uPlot.paths.stepped?.({ align: 1 }) ?? null, points: { show: true, size: 5, fill: stroke } }
      : { points: { show: true, size: 2, width: 0, fill: stroke } })
  }
}

/** @param {Plot} plot @param {HTMLElement} place */
const draw = (plot, place) =>
  new uPlot(
    /** @type {any} */ ({
      width: Math.max(200, place.clientWidth),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      select: { show: false },
      scales: {
        x: {
          range: () => {
            const now = columns.at.at(-1) ?? Math.floor(Date.now() / 1000)
            return [Math.min(columns.at[0] ?? now, now - SHORTEST_SPAN), now]
          }
        },
        y: scales[plot.unit]
      },
      axes: axes(plot),
      series: [{}, ...plot.lines.map((line, index) => seriesOf(line, index, plot.byMinute))],
      hooks: { drawClear: [shadeOutages] }
    }),
    dataOf(plot),
    place
  )

/** @param {Plot} plot */
const tableOf = (plot) => {
  const shown = /** @param {number | null} value */ (value) => {
    if (value === null) return "–"
    return plot.unit === "latency" ? latency(value) : count(Math.round(value * 10) / 10)
  }
  const headings = plot.lines.map(({ label }) =>
    make("th", { scope: "col", class: "number" }, `${label}, ${plot.minute}`)
  )
  const rows = minutes().map(({ at, from, to }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, time(at * 1000).slice(0, 5)),
      ...plot.lines.map((line) =>
        make("td", { class: "number" }, shown(ofMinute(plot, line, from, to)))
      )
    )
  )
  return make(
    "table",
    {},
    make("caption", { class: "unseen" }, `${plot.title}, by the minute`),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Minute"), ...headings)),
    make("tbody", {}, ...rows)
  )
}

/** @param {Plot} plot */
const figureOf = (plot) => {
  const keys = plot.lines.map(({ label }, index) =>
    make("span", { class: "key", "data-stroke": String(index) }, make("i", {}), label)
  )
  const canvas = make("div", { class: "canvas", "aria-hidden": "true" })
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${plot.title}, by the minute` })
  const details = /** @type {HTMLDetailsElement} */ (
    make("details", {}, make("summary", {}, `${plot.title} as a table`), scroll)
  )
  const caption = make("figcaption", {}, make("h3", {}, plot.title), ...(keys.length > 1 ? keys : []))
  element("plots").append(make("figure", {}, caption, canvas, details))
  const fill = () => {
    if (details.open) scroll.replaceChildren(tableOf(plot))
  }
  details.addEventListener("toggle", fill)
  return { plot, canvas, fill }
}

const figures = plots.map(figureOf)

/** @type {Array<any>} */
let drawn = []

const redraw = () => {
  for (const each of drawn) each.destroy()
  drawn = figures.map(({ canvas, plot }) => draw(plot, canvas))
}

/** Shows what is remembered now. */
export const showPlots = () => {
  if (document.hidden) return
  if (drawn.length === 0) redraw()
  figures.forEach(({ plot }, index) => drawn[index].setData(dataOf(plot)))
  if ((columns.at.at(-1) ?? 0) % 60 === 0) for (const { fill } of figures) fill()
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
new ResizeObserver(() => {
  figures.forEach(({ canvas }, index) => {
    drawn[index]?.setSize({ width: Math.max(200, canvas.clientWidth), height: HEIGHT })
  })
}).observe(element("plots"))
