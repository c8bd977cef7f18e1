/** A plot on its canvas, by uPlot. */

import { columns } from "./memory.js"
import { dataOf } from "./plot.js"
import { count, latency, time } from "./words.js"

/** @import uPlotType from "uplot" */
/** @import { Line, Plot } from "./plot.js" */

/** @type {typeof uPlotType} */
const uPlot = /** @type {any} */ (globalThis).uPlot

// From the first moment that is known, so that a young page is no empty one.
const SHORTEST_SPAN = 120
export const HEIGHT = 170

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

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
      space: 90,
      size: 28,
      /** @param {any} _u @param {number[]} splits */
      values: (_u, splits) =>
        splits.map((at) => (at % 60 === 0 ? time(at * 1000).slice(0, 5) : time(at * 1000)))
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
            values: (_u, splits) =>
              splits.map((at) => (at < 1 ? `${at} ms` : latency(at).replace(".0", "")))
          })
    }
  ]
}

/** A value between two that are missing has no line that would show it. @param {any} u @param {number} series */
const lonely = (u, series) => {
  const values = u.data[series]
  const isMissing = /** @param {number} index */ (index) => (values[index] ?? null) === null
  return [...values.keys()].filter(
    (index) => !isMissing(index) && isMissing(index - 1) && isMissing(index + 1)
  )
}

/** @param {Line} line @param {number} index @param {boolean} [byMinute] */
const seriesOf = ({ label }, index, byMinute) => {
  const stroke = colour(`--plot-${index + 1}`)
  return {
    label,
    stroke,
    width: 1.5,
    ...(byMinute === true
      ? {
          paths: uPlot.paths.bars?.({ size: [0.4, 28], align: index === 0 ? -1 : 1 }) ?? null,
          fill: stroke,
          points: { show: false }
        }
      : { points: { show: true, size: 4, width: 0, fill: stroke, filter: lonely } })
  }
}

/** @param {Plot} plot @param {HTMLElement} place */
export const draw = (plot, place) =>
  new uPlot(
    /** @type {any} */ ({
      width: Math.max(200, place.clientWidth),
      height: HEIGHT,
      padding: [8, 22, 0, 0],
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
