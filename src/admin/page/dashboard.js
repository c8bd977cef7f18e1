/** The page: what the service tells, shown. */

import { showAudit, showIncidents } from "./lists.js"
import { add, begin } from "./memory.js"
import { showPlots } from "./plots.js"
import { showConnections, showFigures, showState } from "./pool.js"
import { listen } from "./stream.js"
import { element, moment, reachable, write } from "./words.js"

/** @import { PoolNow, Snapshot, Tick, ToldIncident } from "../Snapshot.ts" */

/** @type {ReadonlyArray<ToldIncident>} */
let incidents = []

/** @param {ReadonlyArray<ToldIncident>} news */
const heardOf = (news) => {
  const wasOver = incidents.find(({ isOver }) => !isOver)?.id
  const ended = news.find(({ id, isOver }) => id === wasOver && isOver)
  if (ended !== undefined) write("announcement", `Over: ${ended.sentence}.`)
  incidents = news
  showIncidents(news)
}

/** @param {PoolNow} pool */
const show = (pool) => {
  showState(pool, incidents)
  showFigures(pool)
  showConnections(pool)
  showPlots()
}

write("instance", location.host)
reachable(element("incidents"), { "aria-labelledby": "incidents-title" })
reachable(element("audit-scroll"), { role: "region", "aria-label": "Table of audit events" })

listen({
  /** @param {Snapshot} all */
  snapshot: (all) => {
    begin(all.samples)
    heardOf(all.incidents)
    showAudit(all.audit)
    write("figures-title", `Figures, watched since ${moment(all.since)}`)
    show(all.pool)
  },
  /** @param {Tick} tick */
  tick: (tick) => {
    add(tick.sample)
    if (tick.incidents !== undefined) heardOf(tick.incidents)
    show(tick.pool)
  },
  audit: showAudit
})
