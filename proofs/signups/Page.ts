import { Duration } from "effect"
import { quantile } from "../interrupts/Timing.ts"
import { table } from "../Table.ts"
import { type Findings, zerosOf } from "./Findings.ts"
import { deadline, type Ending } from "./Visitor.ts"

/** Everything that was seen, and where. */
export interface SignupsRun {
  readonly findings: Findings
  readonly postgresVersion: string
  readonly nodeVersion: string
  readonly took: Duration.Duration
  /** Connections that the proxy cut at a message. */
  readonly cuts: number
}

const row = (point: string, endings: ReadonlyArray<Ending>) => {
  const times = endings.map(({ millis }) => millis)
  return [
    point,
    endings.length,
    endings.filter(({ requests }) => requests > 1).length,
    quantile(times, 0.5).toFixed(0),
    quantile(times, 0.99).toFixed(0),
    quantile(times, 1).toFixed(0)
  ]
}

/** The run as a page. */
export const page = ({
  cuts,
  findings,
  nodeVersion,
  postgresVersion,
  took
}: SignupsRun): string => {
  const { endings, mails } = findings
  const names = [...new Set(endings.map(({ visitor }) => visitor.point))]
  const twice = mails.length - new Set(mails).size
  const zeros = zerosOf(findings)
  const offences = zeros.reduce((sum, { count }) => sum + count, 0)
  return `# Sign-ups that are killed

${endings.length} sign-ups over HTTP, struck at ${names.length} points: **${offences} offences**.

Visitors sign up at the whole service, which reaches its Postgres through a proxy that misbehaves. Each has
an Idempotency-Key, and sends the same request again until it is answered 201 or ${Duration.format(deadline)}
have passed. Passwords are hashed by argon2id at its least cost, so that sign-ups spend their time where
the faults are. ${cuts} connections were cut at a message. ${twice} of ${mails.length} mails came a second time.
Kept by \`npm run signups\` on Postgres ${postgresVersion} and Node.js ${nodeVersion} in \
${Duration.format(Duration.seconds(Math.round(Duration.toSeconds(took))))}.

## What must be zero

${table(
  ["What must not happen", "times"],
  zeros.map(({ count, what }) => [what, count])
)}

## Where they were struck

${table(
  ["Point", "sign-ups", "asked again", "median, ms", "p99, ms", "longest, ms"],
  names.map((name) =>
    row(
      name,
      endings.filter(({ visitor }) => visitor.point === name)
    )
  )
)}
`
}
