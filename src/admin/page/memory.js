/** What this page knows. */

/** @import { Snapshot } from "../Snapshot.ts" */
/** @import { Sample } from "../Sample.ts" */

const REMEMBERED = 15 * 60

/** @typedef {{ -readonly [name in keyof Sample]: Array<any> }} Columns */

/** @type {ReadonlyArray<keyof Sample>} */
const names = [
  "at",
  "active",
  "open",
  "connecting",
  "waiting",
  "breaker",
  "lent",
  "refused",
  "waitMedian",
  "waitP99",
  "useMedian",
  "useP99",
  "signUps",
  "signIns"
]

/** @type {Columns} */
export const columns = /** @type {any} */ (Object.fromEntries(names.map((name) => [name, []])))

/** @param {Snapshot["samples"]} samples */
export const begin = (samples) => {
  for (const name of names) columns[name] = [...(samples[name] ?? [])]
}

/** @param {Sample} sample */
export const add = (sample) => {
  for (const name of names) {
    columns[name].push(sample[name])
    if (columns[name].length > REMEMBERED) columns[name].shift()
  }
}

/** The largest of the last seconds, or null if there is none. @param {keyof Sample} name @param {number} seconds */
export const worst = (name, seconds) => {
  const values = columns[name].slice(-seconds).filter((value) => value !== null)
  return values.length === 0 ? null : Math.max(...values)
}

/** One row for each minute, the newest first. @returns {Array<{ at: number, from: number, to: number }>} */
export const minutes = () => {
  /** @type {Array<{ at: number, from: number, to: number }>} */
  const rows = []
  columns.at.forEach((at, index) => {
    const minute = Math.floor(at / 60) * 60
    const last = rows.at(-1)
    if (last?.at === minute) last.to = index + 1
    else rows.push({ at: minute, from: index, to: index + 1 })
  })
  return rows.reverse()
}
