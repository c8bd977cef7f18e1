import { Duration } from "effect"
import type { InspectedSession } from "../../sql/InspectedSession.ts"
import { type Finding, ok, problem, warning } from "./Finding.ts"
import { otherName, type Place } from "./Place.ts"

/** Times as people read them: "0.3 ms", "12 ms", "1.2 s". */
export const spoken = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  if (millis >= 1000) return `${(millis / 1000).toFixed(1)} s`
  return `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`
}

/** The middle one of some times. */
export const median = (times: ReadonlyArray<Duration.Duration>): Duration.Duration => {
  const sorted = times.map(Duration.toMillis).sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper
  return Duration.millis((lower + upper) / 2)
}

/** Whether what travels can be read or changed on the way. */
export const judgeTls = ({ tls }: Pick<InspectedSession, "tls">, { isLocal }: Place): Finding => {
  if (tls === undefined) {
    return isLocal
      ? ok("TLS", "none, on this machine")
      : warning(
          "TLS",
          "none: passwords and data can be read on the way",
          "Add sslmode=require to the URL, which here means a verified server."
        )
  }
  if (!tls.isVerified) {
    return warning(
      "TLS",
      `${tls.version}, and any certificate would do`,
      "Verify it with sslmode=require, and sslrootcert=<file> for an authority of your own."
    )
  }
  return /^TLSv1(\.1)?$/.test(tls.version)
    ? warning("TLS", `${tls.version}, verified`, "Have the server speak TLS 1.2 or later.")
    : ok("TLS", `${tls.version}, certificate verified`)
}

/** Who answered, at one moment, on one of two sessions that are open at the same time. */
export interface Answered {
  readonly session: "first" | "second"
  readonly pid: string
}

/** Two open sessions have been answered by the same backend, or one by two. */
export const isShared = (answers: ReadonlyArray<Answered>): boolean => {
  const holders = new Map<string, Set<string>>()
  const served = new Map<string, Set<string>>()
  for (const { pid, session } of answers) {
    holders.set(pid, (holders.get(pid) ?? new Set()).add(session))
    served.set(session, (served.get(session) ?? new Set()).add(pid))
  }
  return [...holders.values(), ...served.values()].some(({ size }) => size > 1)
}

const shared =
  "Nothing is lost by it for the service; LISTEN and session settings do not work through it, so use the direct address for those."

/** Whether the server itself is at the other end, or a pooler, and what it shares. */
export const judgeRoute = (
  { isProxied }: Pick<InspectedSession, "isProxied">,
  answers: ReadonlyArray<Answered>,
  { host, isPooler, provider }: Place
): Finding => {
  const name = "Route"
  if (isShared(answers) || isPooler) {
    const direct = provider === "Neon" ? ` (${otherName(host)})` : ""
    return warning(
      name,
      `a pooler that gives each transaction another session${direct && `, beside the direct address${direct}`}`,
      shared
    )
  }
  if (!isProxied) return ok(name, "direct: the server itself is at the other end")
  if (provider === "Neon")
    return ok(name, "direct, by Neon's proxy, which keeps one backend for each session")
  return ok(name, "by a proxy or a pooler, which kept one backend for each session")
}

const slow = Duration.millis(50)
const verySlow = Duration.millis(250)

/** How far away it is, in time. */
export const judgeRoundTrip = (times: ReadonlyArray<Duration.Duration>): Finding => {
  const middle = median(times)
  const seen = `${spoken(middle)} (median of ${times.length})`
  if (Duration.lessThan(middle, slow)) return ok("Round trip", seen)
  const advice =
    "Run the service in the region of its database: a sign-up takes two of these or more."
  return Duration.lessThan(middle, verySlow)
    ? warning("Round trip", seen, advice)
    : warning("Round trip", seen, `${advice} Some timeouts may be too short for it.`)
}

/** How long a session takes to open, when the server may have slept and when it is awake. */
export const judgeColdStart = (
  first: Duration.Duration,
  next: Duration.Duration,
  connectTimeout: Duration.Duration
): Finding => {
  const seen = `first session in ${spoken(first)}, next one in ${spoken(next)}`
  const isTight = Duration.toMillis(first) > Duration.toMillis(connectTimeout) / 2
  if (isTight) {
    return warning(
      "Cold start",
      seen,
      `Raise DB_CONNECT_TIMEOUT (${spoken(connectTimeout)}) to several times the slower one.`
    )
  }
  const slept = Duration.toMillis(first) - Duration.toMillis(next) > 250
  return ok("Cold start", slept ? `${seen}: the database had slept` : seen)
}

/** A pooler gave one session a backend only when another had let go of it. */
export const oneBackend = (waited: Duration.Duration): Finding =>
  warning(
    "Backends",
    `the pooler had one backend to give: a second session waited for ${Duration.format(waited)} in vain`,
    "Raise the pooler's pool size for this user and database, or end what holds its backends: everybody waits for one."
  )

/** There is no second session beside the first. */
export const onlyOne = (seen: string): Finding =>
  problem(
    "Cold start",
    `a second session could not be used: ${seen}`,
    "Free connections: the pool needs more than one."
  )
