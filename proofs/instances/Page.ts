import { table } from "../Table.ts"
import { CALLERS, LIMIT } from "./Burst.ts"
import { type Findings, promisedDuplicates, summary } from "./Findings.ts"

/** What was seen, and where. */
export interface InstancesRun {
  readonly findings: Findings
  readonly postgresVersion: string
  readonly nodeVersion: string
}

/** The run as a page. */
export const page = ({ findings, nodeVersion, postgresVersion }: InstancesRun): string => {
  const seen = summary(findings)
  const { faults } = findings.ordeal
  return `# Three instances on one database

${seen.acknowledged} sign-ups through ${faults.length} faults: **${seen.lost} lost, ${seen.doubled} doubled, \
${seen.sessionless} without a session, ${seen.forgotten} valid sessions not known somewhere, ${seen.remembered} revoked \
ones known anywhere, ${seen.stormyTooMany + seen.calmWrong} limits broken, ${seen.unwritten} letters lost**.

Three processes of the built service stand behind a round-robin balancer that watches \`/health/ready\`, each with a
way of its own to one Postgres. People sign up through the balancer, with an \`Idempotency-Key\` and again until they are
answered 201; ask every instance who they are; every other signs out, and asks every instance again. Meanwhile, one
after the other:

${faults.map((fault, index) => `${index + 1}. ${fault}`).join("\n")}

Kept by \`npm run instances\` on Postgres ${postgresVersion} and Node.js ${nodeVersion}.

${table(
  ["What", "number", "promised"],
  [
    ["sign-ups acknowledged", seen.acknowledged, ""],
    ["... sent more than once", seen.repeated, ""],
    ["users in the database", seen.users, seen.acknowledged],
    ["acknowledged, and not in the database", seen.lost, 0],
    ["users who signed up twice, by the audit", seen.doubled, 0],
    ["users who stayed, without a session", seen.sessionless, 0],
    ["look-ups at an instance that did not know a valid session", seen.forgotten, 0],
    ["people who signed out", seen.signedOut, ""],
    ["look-ups at an instance that still knew their session", seen.remembered, 0],
    [`bursts of ${CALLERS} at a limit of ${LIMIT}, nothing wrong`, seen.calmBursts, ""],
    [`... that did not let exactly ${LIMIT} pass`, seen.calmWrong, 0],
    ["bursts during the faults", seen.stormyBursts, ""],
    [`... that let exactly ${LIMIT} pass`, seen.stormyExact, ""],
    [`... that let more than ${LIMIT} pass`, seen.stormyTooMany, 0],
    ["letters delivered", seen.letters, ""],
    ["users without their letter", seen.unwritten, 0],
    ["letters delivered again", seen.duplicates, `at most ${promisedDuplicates}`],
    ["requests that a killed instance left unanswered", seen.unanswered, ""]
  ]
)}

During a fault a burst may let fewer pass: an attempt whose answer was lost may count twice, and what the database
could not decide is refused with 503. A letter is delivered again only where an instance ended between the mail
server's answer and writing that down: at most the four that each has in hand.
`
}
