import { Duration, Option } from "effect"
import type { ConnectionStats, PoolStats } from "../pool/index.ts"
import type { Audit } from "./AuditView.ts"
import type { Incident } from "./Incident.ts"
import { sentence } from "./IncidentWords.ts"
import type { Sample } from "./Sample.ts"

/** An incident as the page shows it. */
export interface ToldIncident {
  readonly id: number
  readonly startedAt: number
  readonly isOver: boolean
  readonly hasRecovered: boolean
  readonly trouble: string
  readonly sentence: string
  readonly reason: string | null
}

/** The pool as the page shows it. Durations are milliseconds. */
export interface PoolNow extends Omit<PoolStats, "waitTime" | "useTime" | "lastError"> {
  readonly lastError: string | null
  readonly connections: ReadonlyArray<ConnectionNow>
}

/** A tile of the page. */
export interface ConnectionNow extends Omit<ConnectionStats, "age"> {
  readonly age: number
}

/** What the page is told each second. `incidents` only when something about them has changed. */
export interface Tick {
  readonly now: number
  readonly sample: Sample
  readonly pool: PoolNow
  readonly incidents?: ReadonlyArray<ToldIncident>
}

/** All that the page shows, as it is told when it connects. */
export interface Snapshot {
  readonly now: number
  /** When this process began to watch. */
  readonly since: number
  readonly pool: PoolNow
  /** Of the last minutes, the oldest first: one array for each field. */
  readonly samples: Readonly<Record<string, ReadonlyArray<unknown>>>
  readonly incidents: ReadonlyArray<ToldIncident>
  readonly audit: Audit
}

/** See {@link ToldIncident}. */
export const toldIncident = (incident: Incident): ToldIncident => ({
  id: incident.id,
  startedAt: incident.startedAt,
  isOver: incident.isOver,
  hasRecovered: incident.recoveredAt !== undefined,
  trouble: incident.trouble,
  sentence: sentence(incident),
  reason: incident.reason ?? null
})

/** See {@link PoolNow}. */
export const poolNow = (
  { lastError, useTime: _useTime, waitTime: _waitTime, ...counters }: PoolStats,
  connections: ReadonlyArray<ConnectionStats>
): PoolNow => ({
  ...counters,
  lastError: Option.getOrNull(lastError),
  connections: connections.map(({ age, ...connection }) => ({
    ...connection,
    age: Math.round(Duration.toMillis(age))
  }))
})

/** Rows as columns: a third of the bytes. */
export const columns = (samples: ReadonlyArray<Sample>): Snapshot["samples"] => {
  const [first] = samples
  if (first === undefined) return {}
  const names = Object.keys(first) as ReadonlyArray<keyof Sample>
  return Object.fromEntries(names.map((name) => [name, samples.map((sample) => sample[name])]))
}
