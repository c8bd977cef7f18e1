import { Duration } from "effect"
import { table } from "../../proofs/Table.ts"
import { described } from "../Machine.ts"
import type { Comparison } from "./Comparison.ts"
import { contestants, maxConnections, own } from "./Contestant.ts"
import { microseconds, ratio } from "./Figures.ts"
import { connectionCount, waiterCount } from "./Footprint.ts"
import { verdicts } from "./Goal.ts"
import { howToRead, unfairness } from "./Prose.ts"
import { memoryHead, memoryRows, rows } from "./Report.ts"
import { type Result, standing } from "./Result.ts"
import { growth } from "./Workload.ts"

const isGrowth = ({ workload }: Result) => growth.some(({ name }) => name === workload.name)

const goals = ({ results }: Comparison): string =>
  table(
    ["Goal", ...own, "met", "by both"],
    verdicts(results).map(({ goal, isMet, isMetByDefault, measured }) => [
      goal,
      ...measured.map(ratio),
      isMetByDefault ? "yes" : "**no**",
      isMet ? "yes" : "**no**"
    ])
  )

const verdict = ({ results }: Comparison): string => {
  const all = verdicts(results)
  const byDefault = all.filter(({ isMetByDefault }) => isMetByDefault)
  const byBoth = all.filter(({ isMet }) => isMet)
  return `${byDefault.length} of ${all.length} goals are met by holdfast as it is, ${byBoth.length} also within a call of \`PgClient.replay\`.`
}

const workloads = ({ results }: Comparison): string =>
  results
    .filter((result) => !isGrowth(result))
    .map(
      (result) => `### ${result.workload.name}

${table(["", "a second", "µs", "CPU µs", ...own.map((name) => `${name} is`)], rows(result))}`
    )
    .join("\n\n")

const growing = ({ results }: Comparison): string => {
  const grown = results.filter(isGrowth)
  return table(
    ["Callers", ...grown.map(({ workload }) => workload.callers.toLocaleString("en"))],
    [...(grown[0]?.samples.keys() ?? [])].map((name) => [
      name,
      ...grown.map((result) => microseconds(standing(result, name).time))
    ])
  )
}

const contestantList = ({ versions }: Comparison): string =>
  contestants
    .map(
      ({ file, name, packageName, what }) =>
        `- **${name}** (\`${packageName}\` ${versions[packageName]}): ${what}; \
[its client](../../bench/sql/${file})`
    )
    .join("\n")

const circumstances = ({ machine, schedule, took }: Comparison): string =>
  `Measured by \`npm run bench:sql\` in ${Duration.format(took)} on ${described(machine)}, which the server \
and the callers shared over loopback: ${schedule.rounds} rounds of ${Duration.format(schedule.slice)} for \
each contestant at each workload.`

/** The comparison as a page. */
export const page = (
  comparison: Comparison
): string => `# Statements and transactions, beside other clients

${verdict(comparison)}

![How many times as fast as the stock client each is, by workload](sql.svg)

${circumstances(comparison)}

A point select reads one row of a thousand by its primary key; a transaction is two inserts. Every
contestant has at most ${maxConnections} connections, and each caller asks again as soon as it is answered.

## Goals

${goals(comparison)}

## How to read it

${howToRead}

## Contestants

${contestantList(comparison)}

## Workloads

${workloads(comparison)}

## Growth

Microseconds for one point select, by how many callers ask at once for ${maxConnections} connections.

${growing(comparison)}

## Memory

What the idle connections of a pool of ${connectionCount}, beyond the first, and ${waiterCount.toLocaleString("en")} callers who wait for one of ${maxConnections} add to a process,
divided by how many they are; the median of some processes, each measured after a garbage collection.

${table(memoryHead, memoryRows(comparison))}

## Round trips

What a statement, a transaction, a sign-up and the look-up of a session send is counted on the wire by
[a test of the client](../../test/sql/RoundTripsOnTheWire.test.ts) and
[one of the accounts](../../test/auth/RoundTripsOnTheWire.test.ts).

## What is unfair to whom

${unfairness}
`
