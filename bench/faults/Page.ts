import { Duration } from "effect"
import { quantile } from "../../proofs/interrupts/Timing.ts"
import { table } from "../../proofs/Table.ts"
import { callerCount, patience, pause } from "./Callers.ts"
import { maxConnections } from "./Client.ts"
import type { Comparison } from "./Comparison.ts"
import type { ContestantRun } from "./ContestantRun.ts"
import { type Offence, offences } from "./Judgement.ts"
import { howToRead, unfairness } from "./Prose.ts"
import { type FaultScore, type Score, scoreOf } from "./Score.ts"
import { span } from "./Span.ts"

const offenceNames = Object.keys(offences) as ReadonlyArray<Offence>

const totals = (scores: ReadonlyArray<Score>): string =>
  table(
    [
      "",
      "operations",
      "failed",
      ...Object.values(offences),
      "slowest",
      "deaths",
      "away",
      "connections opened"
    ],
    scores.map((score) => [
      score.contestant,
      score.operations,
      score.failed,
      ...offenceNames.map((offence) => score.offences[offence]),
      span(score.slowest),
      score.deaths,
      score.deaths === 0 ? "" : span(score.away),
      score.opened
    ])
  )

const timeOf = (millis: number | undefined): string =>
  millis === undefined ? "none" : span(millis)

/** A row for each fault, a column for each contestant. */
const byFault = (
  { runs }: Comparison,
  scores: ReadonlyArray<Score>,
  cell: (score: FaultScore) => string | number
): string =>
  table(
    ["", ...scores.map(({ contestant }) => contestant)],
    (runs[0]?.struck ?? []).map(({ fault }) => [
      fault.name,
      ...scores.map(({ faults }) => {
        const score = faults.find((each) => each.fault === fault.name)
        return score === undefined ? "" : cell(score)
      })
    ])
  )

const outageOf = ([run]: ReadonlyArray<ContestantRun>, name: string): string => {
  const struck = run?.struck.find(({ fault }) => fault.name === name)
  return struck?.fault.isOutage === true
    ? ` (an outage of ${span(struck.until - struck.from)})`
    : ""
}

const faultList = ({ runs }: Comparison): string =>
  (runs[0]?.struck ?? [])
    .map(({ fault }) => `- **${fault.name}**: ${fault.what}${outageOf(runs, fault.name)}`)
    .join("\n")

const contestantList = ({ contestants, versions }: Comparison): string =>
  contestants
    .map(
      ({ file, name, packageName, what }) =>
        `- **${name}** (\`${packageName}\` ${versions[packageName]}): ${what}; \
[its client](../bench/faults/${file})`
    )
    .join("\n")

const deathList = ({ runs }: Comparison): string => {
  const lines = runs.flatMap(({ contestant, deaths, struck }) =>
    deaths.map(({ at, reason }) => {
      const during = struck.findLast(({ from }) => from <= at)?.fault.name ?? "the start"
      return `- **${contestant}** during "${during}": \`${reason}\``
    })
  )
  return lines.length === 0 ? "None." : lines.join("\n")
}

const lateness = ({ runs }: Comparison): string => {
  const lags = runs.flatMap((run) => run.lags)
  return `${span(quantile(lags, 0.99))} in 99 of 100 cases, ${span(quantile(lags, 1))} at most`
}

const circumstances = (comparison: Comparison): string => {
  const { nodeVersion, processors, runs, took } = comparison
  return `Measured by \`npm run bench:faults\` on Postgres ${runs[0]?.postgresVersion} and Node.js \
${nodeVersion}, on ${processors} processors that the server, the network and the callers shared, in \
${Duration.format(took)}. The callers' timers were late by no more than ${lateness(comparison)}.`
}

const setting = `${callerCount} callers ask a process that holds a pool of at most ${maxConnections} connections. Each \
in turn signs somebody up, which is a transaction of two inserts, reads the account back, and waits \
${Duration.format(pause)} after each. The process reaches a Postgres of its own through a proxy that misbehaves, at \
the same moments for every contestant. A caller gives up after ${Duration.format(patience)}. In the end the tables are \
read past all of them and compared to what the callers were told.`

/** The comparison as a page. */
export const page = (comparison: Comparison): string => {
  const scores = comparison.runs.map(scoreOf)
  return `# The same faults for everybody

${totals(scores)}

![Operations served and failed by each contestant, through the same faults](faults.svg)

${setting}

${circumstances(comparison)}

## How to read it

${howToRead}

## Contestants

${contestantList(comparison)}

## Faults

${faultList(comparison)}

### Failed operations

${byFault(comparison, scores, ({ failed }) => failed)}

### From the fault to the end of the first success

Of an operation that began after the strike, or after the quiet around it. "none": not before the
next fault.

${byFault(comparison, scores, ({ firstSuccess }) => timeOf(firstSuccess))}

### The longest operation

Of those that were under way at the strike or began after it. "none": nobody could ask.

${byFault(comparison, scores, ({ slowest }) => timeOf(slowest))}

### Deaths

${deathList(comparison)}

## What is unfair to whom

${unfairness}
`
}
