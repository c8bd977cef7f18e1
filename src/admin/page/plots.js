/** The plots of the last minutes, each with a table beside it. */

import { draw, HEIGHT } from "./drawing.js"
import { columns, minutes } from "./memory.js"
import { dataOf, ofMinute, plots } from "./plot.js"
import { count, element, latency, make, time } from "./words.js"

/** @import { Plot } from "./plot.js" */

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
  const scroll = make("div", {
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-label": `${plot.title}, by the minute`
  })
  const details = /** @type {HTMLDetailsElement} */ (
    make("details", {}, make("summary", {}, `${plot.title} as a table`), scroll)
  )
  const caption = make(
    "figcaption",
    {},
    make("h3", {}, plot.title),
    ...(keys.length > 1 ? keys : [])
  )
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
  for (const [index, { plot }] of figures.entries()) drawn[index].setData(dataOf(plot))
  if (Math.floor(columns.at.at(-1) ?? 0) % 60 === 0) for (const { fill } of figures) fill()
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
new ResizeObserver(() => {
  for (const [index, { canvas }] of figures.entries()) {
    drawn[index]?.setSize({ width: Math.max(200, canvas.clientWidth), height: HEIGHT })
  }
}).observe(element("plots"))
