/** What is plotted, and what of it is known. */

import { columns, minutes } from "./memory.js"

/** @import { Sample } from "../Sample.ts" */

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
export const plots = [
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
      { label: "Open", from: "open" },
      { label: "Active", from: "active" }
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

/** @param {Plot} plot @param {Line} line @param {number} from @param {number} to */
export const ofMinute = ({ minute }, { from: name }, from, to) => {
  const values = columns[name].slice(from, to).filter((value) => value !== null)
  if (values.length === 0) return null
  if (minute === "worst") return Math.max(...values)
  const sum = values.reduce((all, each) => all + each, 0)
  return minute === "sum" ? sum : sum / values.length
}

/** As uPlot takes it. @param {Plot} plot @returns {any} */
export const dataOf = (plot) => {
  if (plot.byMinute !== true) {
    return [columns.at, ...plot.lines.map(({ from }) => columns[from])]
  }
  const rows = minutes().reverse()
  return [
    // A minute's bars stand in its middle.
    rows.map(({ at }) => at + 30),
    ...plot.lines.map((line) => rows.map(({ from, to }) => ofMinute(plot, line, from, to)))
  ]
}
