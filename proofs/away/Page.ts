import { table } from "../Table.ts"
import { type Absence, promise, summary } from "./Away.ts"

/** Everything that was seen, and where. */
export interface AwayRun {
  readonly seen: Absence
  readonly people: number
  readonly seconds: number
  readonly postgresVersion: string
  readonly nodeVersion: string
}

/** The run as a page. */
export const page = ({ nodeVersion, people, postgresVersion, seconds, seen }: AwayRun): string => {
  const { answered, cookies, firstSuccess, otherwise, signedOut, unavailable, withoutRetryAfter } =
    summary(seen)
  return `# Sessions while the database is away

The database was away for ${seconds} s: **${signedOut} were told that they are signed out**, and the first \
success came **${firstSuccess.toFixed(0)} ms after its return** (promised: ${promise} ms).

${people} people with valid sessions, half of them browsers with a cookie, ask the service who they are, again
20 ms after each answer. Then its connections are reset and new ones refused. Kept by \`npm run away\` on Postgres
${postgresVersion} and Node.js ${nodeVersion}.

${table(
  ["Answers", "times"],
  [
    ["200", answered],
    ["503 with Retry-After", unavailable - withoutRetryAfter],
    ["503 without", withoutRetryAfter],
    ["401", signedOut],
    ["with Set-Cookie", cookies],
    ["anything else, or none", otherwise]
  ]
)}
`
}
