import { table } from "../Table.ts"
import type { Endings, Findings } from "./Findings.ts"
import type { Exit } from "./Round.ts"

/** Everything that was seen. */
export interface DrainRun {
  readonly alone: Findings
  readonly balanced: Findings
  /** By what was done to the service. */
  readonly others: ReadonlyArray<readonly [what: string, exits: ReadonlyArray<Exit>]>
  readonly postgresVersion: string
  readonly nodeVersion: string
}

const clauses: Readonly<Record<keyof Endings, string>> = {
  answered: "answered",
  refused: "answered 503 `Draining`: over a connection that was open, after it stopped accepting",
  failed: "answered any other 5xx",
  unconnected: "nobody listened any more; nothing was sent",
  crossed: "no answer: a request crossed the end of a connection that was kept",
  unaccepted: "no answer: a new connection that the service had not seen yet",
  broken: "an answer that was cut off"
}

const kinds = Object.keys(clauses) as ReadonlyArray<keyof Endings>

const endings = ({ alone, balanced }: DrainRun): string =>
  table(
    ["Requests", "before the signal", "after it", "behind a balancer"],
    kinds.map((kind) => [
      clauses[kind],
      alone.before[kind],
      alone.after[kind],
      balanced.before[kind] + balanced.after[kind]
    ])
  )

const signUps = ({ alone, balanced }: DrainRun): string =>
  table(
    ["Sign-ups", "clients by themselves", "behind a balancer"],
    [
      ["acknowledged", alone.acknowledged, balanced.acknowledged],
      ["acknowledged, and not in the database with a session", alone.lost, balanced.lost],
      ["in the database, and not acknowledged", alone.unheard, balanced.unheard]
    ]
  )

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN

const exitRow = (what: string, exits: ReadonlyArray<Exit>) => {
  const times = exits.map(({ took }) => took)
  return [
    what,
    exits.length,
    [...new Set(exits.map(({ code }) => code))].join(", "),
    median(times).toFixed(0),
    Math.max(...times).toFixed(0)
  ]
}

const exits = ({ alone, balanced, others }: DrainRun): string =>
  table(
    ["What the service was told", "times", "exit code", "ms until it had ended, median", "longest"],
    [
      exitRow("SIGTERM under load", alone.exits),
      exitRow("the same behind a balancer, with a `DRAIN_DELAY` of 500 ms", balanced.exits),
      ...others.map(([what, exits]) => exitRow(what, exits))
    ]
  )

/** The run as a page. */
export const page = (run: DrainRun): string => {
  const { alone, balanced } = run
  const broken = alone.after.broken + balanced.after.broken
  return `# A service that is told to end

${alone.rounds + balanced.exits.length} SIGTERMs under load: **${broken} answers cut off, ${alone.lost + balanced.lost} \
acknowledged sign-ups lost, ${alone.unheard + balanced.unheard} done and not acknowledged**. Behind a balancer that \
watches \`/health/ready\`: **${balanced.after.failed + balanced.after.refused + balanced.after.crossed + balanced.after.unaccepted + balanced.after.unconnected} requests \
without a good answer**.

The built service runs as a process; 8 clients sign up and look up sessions without a pause, half of them over
connections that they keep, half over a new one each time. At a random moment it gets SIGTERM. Kept by
\`npm run drain\` on Postgres ${run.postgresVersion} and Node.js ${run.nodeVersion}.

${endings(run)}

What the service has begun to read is answered. Two races can't be won by any server. A client may send a request
into a connection that it keeps just as the service closes it: the two cross on the way, and the request was never
read. And the kernel may have accepted a connection that the service has not seen when it stops listening. Both are
safe to send again, and both end where somebody stops sending first: with \`DRAIN_DELAY\` the service says 503 at
\`/health/ready\`, goes on answering everything, and ends each connection with an answer, for longer than the
balancer takes to look. The last column is that: two instances behind a round-robin balancer that looks every 100 ms,
one replaced at a time.

${signUps(run)}

## Its end

${exits(run)}
`
}
