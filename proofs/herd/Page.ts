import { table } from "../Table.ts"
import { callersPerPool, type HerdRun, type Setting, watched } from "./Herd.ts"

/** Everything that was seen. */
export interface Comparison {
  readonly setting: Setting
  readonly runs: ReadonlyArray<HerdRun>
  readonly nodeVersion: string
}

const thousands = (value: number): string => Math.round(value).toLocaleString("en-US")

/** Dials in each whole second, from the one in which the server went away. */
const perSecond = ({ dials, setting }: HerdRun): ReadonlyArray<number> => {
  const seconds = Array.from({ length: (setting.outage + watched) / 1000 }, () => 0)
  for (const at of dials) {
    const second = Math.floor(at / 1000)
    seconds[second] = (seconds[second] ?? 0) + 1
  }
  return seconds.slice(0, (setting.outage + watched) / 1000)
}

const duringOutage = (run: HerdRun) => perSecond(run).slice(0, run.setting.outage / 1000)
const afterReturn = (run: HerdRun) => perSecond(run).slice(run.setting.outage / 1000)

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, each) => all + each, 0)

/** When that share of all had been served, in seconds from the return. */
const servedAt = (times: ReadonlyArray<number>, of: number, share: number, patience: number) => {
  const at = times[Math.ceil(of * share) - 1]
  return at === undefined ? `not within ${patience / 1000}` : (at / 1000).toFixed(1)
}

const row = (run: HerdRun) => {
  const { callersServed, poolsServed, setting, wasted } = run
  const { patience, pools } = setting
  const [outage, after] = [duringOutage(run), afterReturn(run)]
  return [
    run.policy,
    thousands(sum(outage) / outage.length),
    thousands(Math.max(...outage)),
    thousands(Math.max(...after)),
    thousands(sum(after)),
    thousands(wasted),
    servedAt(poolsServed, pools, 0.5, patience),
    servedAt(poolsServed, pools, 1, patience),
    servedAt(callersServed, pools * callersPerPool, 1, patience)
  ]
}

const blocks = " ▁▂▃▄▅▆▇█"

/** One character for each second; a full block is as many dials as the busiest second of all has. */
const curve = (run: HerdRun, most: number): string =>
  perSecond(run)
    .map((dials) => blocks[dials === 0 ? 0 : Math.ceil((Math.log1p(dials) / Math.log1p(most)) * 8)])
    .join("")

const curves = ({ runs, setting }: Comparison): string => {
  const most = Math.max(...runs.flatMap(perSecond))
  const width = Math.max(...runs.map(({ policy }) => policy.length)) + 2
  const ruler = `${"away".padEnd(setting.outage / 1000)}back`
  return ["", ...runs.map(({ policy }) => policy)]
    .map((name, i) => {
      const run = runs[i - 1]
      return `${name.padEnd(width)}${run === undefined ? ruler : curve(run, most)}`.trimEnd()
    })
    .join("\n")
}

/** The comparison as a page. */
export const page = (comparison: Comparison): string => {
  const { nodeVersion, runs, setting } = comparison
  const { capacity, outage, pools } = setting
  const { cold, crowd, sessions, trip, warm, warmUp } = capacity
  return `# A herd of pools

A server goes away for ${outage / 1000} s under ${thousands(pools)} pools of ten connections, each with \
${callersPerPool} callers who use a
connection for 20 ms about every 4 s. Then it comes back cold. It opens ${cold} sessions per second at first and
${warm} after ${warmUp / 1000} s, shared by all that are under way: with ${thousands(crowd)} of them half of what it does is \
lost on
switching. ${thousands(sessions)} sessions is its limit, half of what the pools could open. A dial takes \
${trip} ms to be
refused or to begin. A dial has 5 s and a caller 10 s, with every policy, as by default.

In simulated time, without sockets: every run is the same. holdfast is the real pool; the others are one
that dials for whoever waits and repeats each dial by its policy. Kept by \`npm run herd\` on Node.js
${nodeVersion}.

${table(
  [
    "Policy",
    "dials/s while away",
    "at most",
    "at most when back",
    `in ${watched / 1000} s after`,
    "given up half-way",
    "half of the pools served after, s",
    "all pools, s",
    "all callers, s"
  ],
  runs.map(row)
)}

Dials per second, one character for each; the height is logarithmic.

\`\`\`
${curves(comparison)}
\`\`\`
`
}
