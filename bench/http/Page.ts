import { table } from "../../proofs/Table.ts"
import { described } from "../Machine.ts"
import { median, ratios, type Spread, spread } from "../Statistics.ts"
import { howToInstall } from "./BetterAuthPackage.ts"
import type { Goal } from "./Goal.ts"
import { goalsOf } from "./Goals.ts"
import { ceiling } from "./HttpBenchmarks.ts"
import { type HttpRun, p50, p99, perSecond, startTimes } from "./HttpRun.ts"
import type { Measurements } from "./Interleaved.ts"
import { betterAuth, byHand, holdfast, onPlatform } from "./Service.ts"
import type { Slice } from "./Slice.ts"
import { bare } from "./Starts.ts"

const spoken = ({ max, median, min }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`

const against = (own: ReadonlyArray<number>, theirs: ReadonlyArray<number>): string =>
  spoken(spread(ratios(own, theirs)), 2)

const goalRow = ({ isMet, reached, text, unit }: Goal) => [
  text,
  `${spoken(reached, 2)} ${unit}`,
  isMet ? "met" : "**not met**"
]

const slices = (measurements: Measurements<Slice>): string => {
  const rate = (name: string) => perSecond(measurements, name)
  const late = (name: string) => p99(measurements, name)
  const floors = [byHand.name, onPlatform.name]
  return table(
    [
      "",
      "a second",
      ...floors.map((name) => `of ${name}`),
      "median, ms",
      "p99, ms",
      "p99, of by hand"
    ],
    [...measurements.keys()].map((name) => [
      name,
      spoken(spread(rate(name)), 0),
      ...floors.map((floor) => against(rate(name), rate(floor))),
      median(p50(measurements, name)).toFixed(1),
      spoken(spread(late(name)), 1),
      against(late(name), late(byHand.name))
    ])
  )
}

const starts = (run: HttpRun): string =>
  table(
    ["", "ms", "of the bare server"],
    [...run.starts.keys()].map((name) => [
      name,
      spoken(spread(startTimes(run, name)), 0),
      against(startTimes(run, name), startTimes(run, bare))
    ])
  )

const peer = ({ betterAuthVersion }: HttpRun): string =>
  betterAuthVersion === undefined
    ? `- **${betterAuth.name}** is not installed, and was not in it: \`${howToInstall}\``
    : `- **${betterAuth.name}** ${betterAuthVersion}: ${betterAuth.what}; its session is asked for with its cookie`

/** The run as a page. */
export const page = (run: HttpRun): string => {
  const { lookups, rounds, signups, slice } = run.scale
  return `# Over HTTP

${table(["Goal", "median (least to most) of the rounds", ""], goalsOf(run).map(goalRow))}

![Look-ups, sign-ups and starts of each contestant](http.svg)

Measured by \`npm run bench:http\` on ${described(run.machine)}.
Servers, database and who asks share the processors, so read the quotients: all of them are taken within one
round. ${rounds} rounds, ${slice} ms of each contestant in each, in one order and then in the other; a round
before them warms up and does not count. "12 (10 to 13)" is the median of the rounds, the least and the most.

- **${byHand.name}**, the floor: ${byHand.what}; on the same tables, the same digest, columns and conditions,
  and nothing more ([its source](../../bench/http/servers/floor.mjs))
- **${onPlatform.name}**: ${onPlatform.what}
  ([its source](../../bench/http/servers/byHandOnPlatform.mjs)): no service written with it can be faster
- **${holdfast.name}**: ${holdfast.what}; its log goes to /dev/null
${peer(run)}

Each is a process of its own, in production mode, with at most ten connections to one database. Who asks is
one more process, over connections that are kept, and reads of an answer only its status and its end. Any
answer but the right one would have ended the run.

## Session look-ups

${lookups} at the same time, \`GET /auth/session\` with a bearer token, of 32 people by turns.

${slices(run.lookUps)}

## Sign-ups

${signups} at the same time. "${ceiling}" is what no sign-up can exceed: the hash of \`${byHand.name}\` and
\`${holdfast.name}\` without anything around it. better-auth's own is scrypt.

${slices(run.signUps)}

## Start

From the start of the process to the end of its first answer. The built service is asked for a session, in a database
that is there; the bare server has one route of \`@effect/platform-node\` and no database; \`npm start\` finds the
data of an earlier start, and is asked whether the database is there. Asked anew every 5 ms.

${starts(run)}
`
}
