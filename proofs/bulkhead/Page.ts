import { quantile } from "../interrupts/Timing.ts"
import { table } from "../Table.ts"
import { type Bulkhead, promises } from "./Bulkhead.ts"

/** Everything that was seen, and where. */
export interface BulkheadRun {
  readonly seen: Bulkhead
  readonly crowd: number
  readonly postgresVersion: string
  readonly nodeVersion: string
}

const row = (name: string, times: ReadonlyArray<number>, promise: number) => [
  name,
  times.length,
  quantile(times, 0.5).toFixed(1),
  quantile(times, 0.99).toFixed(1),
  quantile(times, 1).toFixed(1),
  promise
]

/** The run as a page. */
export const page = ({ crowd, nodeVersion, postgresVersion, seen }: BulkheadRun): string => {
  const { health, names, overload, sessions, signUps } = seen
  const refused = overload.filter(({ status }) => status === 503)
  const waits = refused.map(({ millis }) => millis)
  return `# Bulkhead

${crowd} sign-ups at once while the database drops: the p99 of \`dns.lookup\` is \
**${quantile(names, 0.99).toFixed(1)} ms**, of \`/health\` **${quantile(health, 0.99).toFixed(1)} ms**, of \
session look-ups **${quantile(sessions, 0.99).toFixed(1)} ms**.

${crowd} people sign up at once, with passwords hashed as in production. 300 ms later all connections to the
database are reset, and new ones refused for two seconds; once they are through, as many come again. Meanwhile
the service is asked, one question at a time, 10 ms after each answer. Session look-ups count while the database
is there. The crowd, who watches, the service and its database are processes of their own on one machine.
Kept by \`npm run bulkhead\` on Postgres
${postgresVersion} and Node.js ${nodeVersion}.

${table(
  ["Probe", "times", "median, ms", "p99, ms", "longest, ms", "promised p99, ms"],
  [
    row('`dns.lookup("localhost")`', names, promises.names),
    row("`GET /health`", health, promises.health),
    row("`GET /auth/session`", sessions, promises.sessions)
  ]
)}

${signUps.filter(({ status }) => status === 201).length} of ${signUps.length} sign-ups of the crowds were \
answered 201. Of ${overload.length} at once, ${refused.length} were
answered 503 with Retry-After, half of them within ${quantile(waits, 0.5).toFixed(0)} ms, and \
${overload.filter(({ status }) => status === 201).length} signed up.
`
}
