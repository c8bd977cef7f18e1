/** The incidents and the audit log. */

import { element, make, moment, write } from "./words.js"

/** @import { ToldIncident } from "../Snapshot.ts" */
/** @import { Audit } from "../AuditView.ts" */

/** @param {ToldIncident} incident */
const incidentLine = ({ isOver, reason, sentence, startedAt }) => {
  const when = make("time", { datetime: new Date(startedAt).toISOString() }, moment(startedAt))
  const going = isOver ? [] : [make("span", { class: "going" }, "going on"), " "]
  const told = make("div", {}, ...going, sentence)
  const why = reason === null ? [] : [make("div", { class: "reason" }, reason)]
  return make("li", {}, when, told, ...why)
}

/** @param {ReadonlyArray<ToldIncident>} incidents the newest first */
export const showIncidents = (incidents) => {
  element("incidents").replaceChildren(...incidents.map(incidentLine))
  element("incidents-empty").hidden = incidents.length > 0
}

/** @param {Audit["events"][number]} event */
const auditRow = ({ address, at, kind, userId }) =>
  make(
    "tr",
    {},
    make("td", {}, make("time", { datetime: new Date(at).toISOString() }, moment(at))),
    make("td", kind.endsWith("-refused") ? { class: "refused" } : {}, kind.replaceAll("-", " ")),
    make("td", { class: "id" }, userId ?? "–"),
    make("td", { class: "id" }, address ?? "–")
  )

/** @type {Readonly<Record<NonNullable<Audit["behind"]>, string>>} */
const trouble = {
  away: "The database is away",
  failed: "The log could not be read (the service's log says why)"
}

/** @param {Audit} audit */
const asOf = ({ asOf, behind }) => {
  if (asOf === null) {
    return behind === null ? "Not read yet." : `${trouble[behind]}: not read yet.`
  }
  const known = `As of ${moment(asOf)}. Read when a page opens, and after something happened in this process.`
  return behind === null ? known : `${known} ${trouble[behind]}: there may be more.`
}

/** @param {Audit} audit */
export const showAudit = (audit) => {
  const body = element("audit").querySelector("tbody")
  body?.replaceChildren(...audit.events.map(auditRow))
  element("audit").hidden = audit.events.length === 0
  element("audit-empty").hidden = audit.asOf === null || audit.events.length > 0
  write("audit-as-of", asOf(audit))
}
