import { Duration } from "effect"
import { table } from "../Table.ts"
import { type Load, peakOf } from "./Load.ts"
import { connections, deadline } from "./Offer.ts"

/** Everything that was seen. */
export interface Overload {
  readonly loads: ReadonlyArray<Load>
  readonly capacity: number
  readonly seed: number
  readonly millis: number
  readonly postgresVersion: string
  readonly nodeVersion: string
}

const row = (load: Load, peak: number) => [
  `${load.multiple} x`,
  load.perSecond.toFixed(0),
  load.goodput.toFixed(0),
  ((load.goodput / peak) * 100).toFixed(0),
  load.median.toFixed(0),
  load.p99.toFixed(0),
  load.refusedPerSecond.toFixed(0),
  ...(load.refusedPerSecond === 0
    ? ["", ""]
    : [load.refusalMedian.toFixed(1), load.refusalP99.toFixed(1)])
]

/** So many characters for the peak. */
const width = 50

const bar = ({ goodput, multiple, refusedPerSecond }: Load, peak: number): string => {
  const length = (rate: number) => Math.round((rate / peak) * width)
  const served = "█".repeat(length(goodput))
  return `${`${multiple} x`.padStart(6)}  ${served}${"░".repeat(length(refusedPerSecond))}`
}

/** The loads as a page. */
export const page = ({
  capacity,
  loads,
  millis,
  nodeVersion,
  postgresVersion,
  seed
}: Overload): string => {
  const peak = peakOf(loads)
  const twice = loads.find(({ multiple }) => multiple === 2)
  const atTwice =
    twice === undefined
      ? ""
      : `At twice the capacity **${((twice.goodput / peak) * 100).toFixed(0)} % of the peak's goodput**, \
the p99 of what is served is **${twice.p99.toFixed(0)} ms of a deadline of \
${Duration.format(deadline)}**, and refusals come after **${twice.refusalMedian.toFixed(1)} ms**.`
  return `# Overload

${atTwice}

A pool of ${connections} connections, statements that take the server ${millis} ms each, \
and callers who come whether or not the
others are served, at random moments, each with ${Duration.format(deadline)} for a connection. \
${connections * 2} callers who ask again and again get
${capacity.toFixed(0)} statements per second answered: that is what the loads are multiples of. Times are \
from when a caller was to
come, so what the event loop is late by counts. Each load was offered twice, for three seconds behind a
run-up of one and a half. Kept by \`npm run overload -- --seed ${seed}\` on Postgres ${postgresVersion} and \
Node.js ${nodeVersion},
with callers, pool and server on the same processors.

${table(
  [
    "Offered",
    "per second",
    "answered per second",
    "% of the peak",
    "median, ms",
    "p99, ms",
    "refused per second",
    "refused after, median, ms",
    "p99, ms"
  ],
  loads.map((load) => row(load, peak))
)}

Answered (█) and refused (░) per second; ${width} characters are the peak.

\`\`\`
${loads.map((load) => bar(load, peak)).join("\n")}
\`\`\`
`
}
