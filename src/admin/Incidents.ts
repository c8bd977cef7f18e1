import { DateTime } from "effect"
import type { Occurrence } from "../pool/index.ts"
import {
  type Counts,
  countsOf,
  type Incident,
  isRecovery,
  noCounts,
  type Sign,
  signOf,
  type Trouble,
  troubles
} from "./Incident.ts"

/** Incidents as they are told by the events of a pool so far; the newest comes last. */
export interface Incidents {
  readonly all: ReadonlyArray<Incident>
  readonly nextId: number
  /** The newest one is not over until a connection has been opened, or none is needed any more. */
  readonly needsDial: boolean
}

/** Nothing has happened. */
export const none: Incidents = { all: [], nextId: 1, needsDial: false }

/** How many are remembered. */
export const MOST = 100

/**
 * Signs that follow each other sooner are of one incident. The last statements that are replayed and
 * the connections found dead one by one come within a second or two of the first.
 */
export const QUIET = 3000

const worse = (one: Trouble, other: Trouble): Trouble =>
  troubles.indexOf(one) >= troubles.indexOf(other) ? one : other

const sum = (one: Counts, other: Partial<Counts>): Counts =>
  countsOf((name) => one[name] + (other[name] ?? 0))

const begun = (id: number, at: number, sign: Sign): Incident => ({
  id,
  startedAt: at,
  lastAt: at,
  recoveredAt: undefined,
  isOver: false,
  trouble: sign.trouble,
  reason: sign.reason,
  counts: sum(noCounts, sign.counts)
})

const continued = (incident: Incident, at: number, sign: Sign): Incident => {
  const trouble = worse(incident.trouble, sign.trouble)
  return {
    ...incident,
    lastAt: Math.max(incident.lastAt, at),
    // What fails to be opened has not recovered, whatever was opened before.
    recoveredAt: sign.needsDial === true ? undefined : incident.recoveredAt,
    trouble,
    // Of the worst thing, in the words in which it was told first.
    reason: trouble === incident.trouble ? (incident.reason ?? sign.reason) : sign.reason,
    counts: sum(incident.counts, sign.counts)
  }
}

const withLast = (incidents: Incidents, last: Incident): Incidents => ({
  ...incidents,
  all: [...incidents.all.slice(0, -1), last]
})

const open = ({ all }: Incidents): Incident | undefined =>
  all.at(-1)?.isOver === false ? all.at(-1) : undefined

/** Ends the newest incident once it has been quiet for long enough, at a time in milliseconds. */
export const settle = (incidents: Incidents, now: number): Incidents => {
  const last = open(incidents)
  return last === undefined || incidents.needsDial || now - last.lastAt < QUIET
    ? incidents
    : withLast(incidents, { ...last, isOver: true })
}

const recovered = (incidents: Incidents, { at, event }: Occurrence): Incidents => {
  const last = open(incidents)
  // While dials fail, one that succeeds beside them is told as Reconnected.
  if (last === undefined || (incidents.needsDial && event._tag === "Dialed")) return incidents
  const moment = DateTime.toEpochMillis(at)
  return {
    ...withLast(incidents, {
      ...last,
      lastAt: Math.max(last.lastAt, moment),
      recoveredAt: last.recoveredAt ?? Math.max(last.startedAt, moment)
    }),
    needsDial: false
  }
}

const signed = (incidents: Incidents, at: number, sign: Sign): Incidents => {
  const last = open(incidents)
  const needsDial = (last !== undefined && incidents.needsDial) || sign.needsDial === true
  return last === undefined
    ? {
        all: [...incidents.all, begun(incidents.nextId, at, sign)].slice(-MOST),
        nextId: incidents.nextId + 1,
        needsDial
      }
    : { ...withLast(incidents, continued(last, at, sign)), needsDial }
}

/** With one more event of the pool. What is over is never changed again. */
export const fold = (incidents: Incidents, occurrence: Occurrence): Incidents => {
  const at = DateTime.toEpochMillis(occurrence.at)
  const settled = settle(incidents, at)
  const sign = signOf(occurrence.event)
  if (sign !== undefined) return signed(settled, at, sign)
  if (occurrence.event._tag === "Lapsed") return { ...settled, needsDial: false }
  return isRecovery(occurrence) ? recovered(settled, occurrence) : settled
}
