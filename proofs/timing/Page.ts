import { Duration } from "effect"
import { quantile } from "../interrupts/Timing.ts"
import { table } from "../Table.ts"
import { aucOf, isAlike, limits } from "./Auc.ts"
import type { Pair } from "./Pair.ts"
import type { Samples } from "./Samples.ts"

/** A pair, and what was seen of it. */
export interface Compared {
  readonly pair: Pair
  readonly samples: Samples
}

/** Everything that was seen, and where. */
export interface TimingRun {
  readonly compared: ReadonlyArray<Compared>
  readonly count: number
  readonly postgresVersion: string
  readonly nodeVersion: string
  readonly took: Duration.Duration
}

const row = ({ pair, samples: { one, other } }: Compared) => {
  const { auc, high, low } = aucOf(one, other)
  return [
    `${pair.one} / ${pair.other}`,
    quantile(one, 0.5).toFixed(2),
    quantile(other, 0.5).toFixed(2),
    auc.toFixed(3),
    `${low.toFixed(3)} to ${high.toFixed(3)}`
  ]
}

/** Those that can be told apart. */
export const told = (compared: ReadonlyArray<Compared>): ReadonlyArray<string> =>
  compared
    .filter(({ samples }) => !isAlike(aucOf(samples.one, samples.other)))
    .map(({ pair }) => `${pair.one} / ${pair.other}`)

/** The run as a page. */
export const page = ({
  compared,
  count,
  nodeVersion,
  postgresVersion,
  took
}: TimingRun): string => `# What time tells

${compared.length} pairs of cases that nobody may tell apart, ${count} requests each: \
**${told(compared).length} can be told apart**.

Requests over HTTP on loopback, one at a time, the two cases of a pair in turn, by chance the one or the other
first; each about somebody else. Letters are delivered before the next request. AUC is the chance that a
request of the second case takes longer than one of the first: 0.5 tells nothing, and it must lie between
${limits.least} and ${limits.most}. Kept by \`npm run timing\` on Postgres ${postgresVersion} and Node.js \
${nodeVersion} in ${Duration.format(Duration.seconds(Math.round(Duration.toSeconds(took))))}.

${table(
  ["Pair", "first, median, ms", "second, median, ms", "AUC", "95 % confidence"],
  compared.map(row)
)}
`
