import { type Counts, countNames, type Incident, type Trouble } from "./Incident.ts"

const titles: Readonly<Record<Trouble, string>> = {
  restarted: "server restarted",
  unreachable: "database unreachable",
  recreated: "pool recreated by hand",
  queueFull: "queue full",
  callersRefused: "callers refused",
  connectionsLost: "connections lost",
  heldTooLong: "connection held too long",
  commitInDoubt: "COMMIT without an answer",
  replayed: "work replayed"
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

const clauses: Readonly<Record<keyof Counts, (count: number) => string>> = {
  condemned: (count) => `${counted(count, "connection")} condemned`,
  lost: (count) => `${counted(count, "connection")} found dead`,
  failedDials: (count) => `${counted(count, "dial")} failed`,
  replayed: (count) =>
    `${counted(count, "statement or transaction", "statements or transactions")} replayed`,
  committed: (count) => `${counted(count, "commit")} resolved as committed`,
  notCommitted: (count) => `${counted(count, "commit")} not confirmed as committed`,
  refused: (count) => `callers refused ${counted(count, "time")}`,
  heldTooLong: (count) => counted(count, "loan that may be a leak", "loans that may be leaks")
}

/** A duration as an operator says it: "340 ms", "4.2 s", "3 min 20 s". */
export const lasting = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${(millis / 1000).toFixed(1)} s`
  const seconds = Math.round(millis / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Those that were found dead were among those that were condemned. */
const worthTelling = (counts: Counts): Counts =>
  counts.lost <= counts.condemned ? { ...counts, lost: 0 } : counts

const ending = ({ counts, isOver, recoveredAt, startedAt, trouble }: Incident) => {
  if (recoveredAt !== undefined) return [`recovered in ${lasting(recoveredAt - startedAt)}`]
  const isLooking = trouble === "unreachable" || counts.failedDials > 0
  if (isOver) return isLooking || trouble === "restarted" ? ["no connection was needed since"] : []
  return isLooking ? ["looking for the server"] : []
}

/**
 * What happened, in one line: "server restarted: 10 connections condemned, 3 statements or
 * transactions replayed, recovered in 340 ms".
 */
export const sentence = (incident: Incident): string => {
  const counts = worthTelling(incident.counts)
  const happened = countNames.flatMap((name) =>
    counts[name] > 0 ? [clauses[name](counts[name])] : []
  )
  const parts = [...happened, ...ending(incident)]
  const title = titles[incident.trouble]
  return parts.length === 0 ? title : `${title}: ${parts.join(", ")}`
}
