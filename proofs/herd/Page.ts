import { table } from "../Table.ts"
import { callersPerPool, type HerdRun, watched } from "./Herd.ts"
import type { Absence } from "./HerdServer.ts"

const thousands = (value: number): string => Math.round(value).toLocaleString("en-US")

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, each) => all + each, 0)

/** When that share of all had been served, in seconds from the return. */
const servedAt = (times: ReadonlyArray<number>, of: number, share: number, patience: number) => {
  const at = times[Math.ceil(of * share) - 1]
  return at === undefined ? `not within ${patience / 1000}` : (at / 1000).toFixed(1)
}

const row = (run: HerdRun) => {
  const { callersServed, dialsAway, dialsBack, poolsServed, setting } = run
  const { patience, pools } = setting
  return [
    run.policy,
    thousands(sum(dialsAway) / dialsAway.length),
    thousands(Math.max(...dialsAway)),
    thousands(Math.max(...dialsBack)),
    thousands(sum(dialsBack)),
    thousands(run.wasted),
    servedAt(poolsServed, pools, 0.5, patience),
    servedAt(poolsServed, pools, 1, patience),
    servedAt(callersServed, pools * callersPerPool, 1, patience)
  ]
}

const comparison = (runs: ReadonlyArray<HerdRun>): string =>
  table(
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
  )

const blocks = " ▁▂▃▄▅▆▇█"

const perSecond = ({ dialsAway, dialsBack }: HerdRun) => [...dialsAway, ...dialsBack]

/** One character for each second; a full block is as many dials as the busiest second of all has. */
const curve = (run: HerdRun, most: number): string =>
  perSecond(run)
    .map((dials) => blocks[Math.ceil((Math.log1p(dials) / Math.log1p(most)) * 8)])
    .join("")

const curves = (runs: ReadonlyArray<HerdRun>): string => {
  const most = Math.max(...runs.flatMap(perSecond))
  const width = Math.max(...runs.map(({ policy }) => policy.length)) + 2
  const away = runs[0]?.dialsAway.length ?? 0
  return [
    `${" ".repeat(width)}${"away".padEnd(away)}back`,
    ...runs.map((run) => `${run.policy.padEnd(width)}${curve(run, most)}`.trimEnd())
  ].join("\n")
}

const inWords: Readonly<Record<Absence, string>> = {
  refusing: "The server refuses dials while it is away",
  silent: "The network swallows dials while it is away"
}

const section = (runs: ReadonlyArray<HerdRun>, absence: Absence): string => {
  const own = runs.filter(({ setting }) => setting.absence === absence)
  return `## ${inWords[absence]}

${comparison(own)}

Dials per second, one character for each; the height is logarithmic.

\`\`\`
${curves(own)}
\`\`\`
`
}

const introduction = ({ setting }: HerdRun): string => {
  const { capacity, outage, pools } = setting
  return `A server goes away for ${outage / 1000} s under ${thousands(pools)} pools of ten connections, \
each with ${callersPerPool} callers who use a
connection for 20 ms about every 4 s; who could not have one asks again a second later. Then it comes back
cold. It opens ${thousands(capacity.cold)} sessions per second at first and ${thousands(capacity.warm)} \
after ${capacity.warmUp / 1000} s, shared by all that are under way: with
${thousands(capacity.crowd)} of them half of what it does is lost on switching. It has room for \
${thousands(capacity.sessions)} sessions, half of
what the pools could open. A dial takes ${capacity.trip} ms to be refused or to begin. With every policy a dial
has 5 s at first, and a caller 10 s.`
}

/** The runs as a page. */
export const page = (runs: ReadonlyArray<HerdRun>, nodeVersion: string): string =>
  `# A herd of pools

${runs.slice(0, 1).map(introduction).join("")}

In simulated time, without sockets: every run is the same. holdfast is the real pool; the others are one
that dials for whoever waits, and repeats each dial by its policy for as long as somebody does. Kept by
\`npm run herd\` on Node.js ${nodeVersion}.

${section(runs, "refusing")}
${section(runs, "silent")}`
