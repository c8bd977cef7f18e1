/** The pool: its state in a word, its figures, its connections. */

import { columns, worst } from "./memory.js"
import { age, count, counted, element, latency, make, write } from "./words.js"

/** @import { PoolNow, ToldIncident } from "../Snapshot.ts" */

/** @typedef {{ level: "good" | "wary" | "bad", word: string, detail: string }} State */

/** @param {PoolNow} pool @returns {State | undefined} */
const trouble = (pool) => {
  if (pool.breaker === "closed") return undefined
  const waiting =
    pool.waiting === 0 ? "Nobody waits." : `${counted(pool.waiting, "caller")} waiting.`
  const why = pool.lastError === null ? "" : ` ${pool.lastError}.`
  return pool.idle + pool.active > 0
    ? { level: "wary", word: "No further connections", detail: `${waiting}${why}` }
    : { level: "bad", word: "Database unreachable", detail: `${waiting}${why}` }
}

/** @param {PoolNow} pool @param {ReadonlyArray<ToldIncident>} incidents @returns {State} */
const stateOf = (pool, incidents) => {
  const found = trouble(pool)
  if (found !== undefined) return found
  const [last] = incidents
  if (last !== undefined && !last.isOver && !last.hasRecovered) {
    return { level: "wary", word: "Recovering", detail: last.sentence }
  }
  if ((worst("refused", 10) ?? 0) > 0) {
    return {
      level: "wary",
      word: "Refusing callers",
      detail: "More come than the pool can serve in time."
    }
  }
  if ((worst("lent", 30) ?? 0) === 0 && pool.active === 0) {
    return { level: "good", word: "At rest", detail: "Nobody asks the database, so it can sleep." }
  }
  return {
    level: "good",
    word: "Healthy",
    detail: last === undefined ? "" : `Last incident: ${last.sentence}.`
  }
}

/** @param {PoolNow} pool @param {ReadonlyArray<ToldIncident>} incidents */
export const showState = (pool, incidents) => {
  const { detail, level, word } = stateOf(pool, incidents)
  const section = element("state")
  // Told once for each change of the state, not for each of its figures.
  if (section.dataset.level !== level && section.dataset.level !== "none") {
    write("announcement", `${word}. ${level === "bad" ? detail : ""}`)
  }
  section.dataset.level = level
  write("state-word", word)
  write("state-detail", detail)
  document.title = level === "good" ? "holdfast" : `${word} · holdfast`
}

/** @param {PoolNow} pool */
export const showFigures = (pool) => {
  const lent = columns.lent.slice(-5)
  const rate = lent.length === 0 ? 0 : lent.reduce((sum, each) => sum + each, 0) / lent.length
  const refused = Object.values(pool.refused).reduce((all, each) => all + each, 0)
  write("figure-total", `${pool.total} of ${pool.max}`)
  write("figure-total-of", `${pool.active} active, ${pool.idle} idle`)
  write("figure-waiting", count(pool.waiting))
  write("figure-refused", refused === 0 ? "none refused" : `${count(refused)} refused since start`)
  write("figure-breaker", pool.breaker)
  write("figure-breaker-of", pool.breaker === "closed" ? "dials are free" : "one dial at a time")
  write("figure-rate", count(Math.round(rate)))
  write("figure-wait", latency(worst("waitP99", 60)))
  write("figure-use", latency(worst("useP99", 60)))
}

const words = {
  active: "Active",
  idle: "Idle",
  connecting: "Connecting",
  proving: "Validating",
  free: "Not open"
}

/** @param {HTMLElement} tile @param {keyof typeof words} phase @param {ReadonlyArray<string>} lines */
const fill = (tile, phase, lines) => {
  const text = [words[phase], ...lines].join("\n")
  if (tile.dataset.text === text) return
  tile.dataset.text = text
  tile.dataset.phase = phase
  tile.replaceChildren(make("b", {}, words[phase]), ...lines.map((line) => make("div", {}, line)))
}

/** @param {PoolNow} pool */
const showTiles = (pool) => {
  const list = element("tiles")
  while (list.children.length > pool.max) list.lastElementChild?.remove()
  while (list.children.length < pool.max) list.append(make("li", {}))
  for (const [index, child] of [...list.children].entries()) {
    const tile = /** @type {HTMLElement} */ (child)
    const connection = pool.connections[index]
    if (connection === undefined) fill(tile, "free", [])
    else if (connection.phase === "connecting") {
      fill(tile, "connecting", [`for ${age(connection.age)}`])
    } else {
      fill(tile, connection.phase, [`${age(connection.age)} old`, counted(connection.uses, "use")])
    }
  }
}

/** @param {PoolNow} pool */
export const showConnections = (pool) => {
  showTiles(pool)
  element("tiles-empty").hidden = pool.total > 0 || pool.breaker !== "closed"
  const gone = Object.entries(pool.evicted).filter(([, closed]) => closed > 0)
  const closed = gone.map(([reason, times]) => `${count(times)} ${reason}`).join(", ")
  write(
    "pool-since",
    `Since the start: ${count(pool.dialed)} opened, ${count(pool.validated)} proven by a round trip, ${counted(pool.retries, "retry").replace("retrys", "retries")}${closed === "" ? "" : `; closed: ${closed}`}.`
  )
}
