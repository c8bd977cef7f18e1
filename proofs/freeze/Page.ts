import { Duration } from "effect"
import { table } from "../Table.ts"
import type { Busy } from "./Busy.ts"
import { type Ending, endings, type Occasion, occasions, type Way, ways } from "./Freeze.ts"
import type { Thaw } from "./Freezing.ts"

/** Everything that was seen. */
export interface FreezeRun {
  readonly thaws: ReadonlyArray<Thaw>
  readonly busy: Busy
  readonly seed: number
  readonly millis: number
  readonly postgresVersion: string
  readonly nodeVersion: string
  readonly took: Duration.Duration
}

/** Statements that their callers saw fail. */
export const failuresOf = (thaws: ReadonlyArray<Thaw>): ReadonlyArray<string> =>
  thaws.flatMap(({ reply }) => reply.outcomes.flatMap(({ failure }) => failure ?? []))

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, each) => all + each, 0)

const endedOf = (thaws: ReadonlyArray<Thaw>): number => sum(thaws.map(({ ended }) => ended))

const inWords: Readonly<Record<Ending, string>> = {
  terminated: "some backends terminated",
  closed: "all closed (FIN)",
  reset: "all reset (RST)"
}

const sooner: Readonly<Record<Occasion, string>> = {
  before: "before they end",
  after: "after they have ended",
  timer: "by a timer"
}

const failed = (thaws: ReadonlyArray<Thaw>, chosen: Way): number =>
  failuresOf(thaws.filter(({ freeze: { way } }) => way === chosen)).length

const rows = ({ thaws }: FreezeRun) =>
  endings.flatMap((ending) =>
    occasions.map((occasion) => {
      const own = thaws.filter(
        ({ freeze }) => freeze.ending === ending && freeze.occasion === occasion
      )
      const statements = sum(own.map(({ reply }) => reply.outcomes.length))
      const failures = ways.map((way) => failed(own, way))
      return [
        `${inWords[ending]}; asked ${sooner[occasion]}`,
        own.length,
        endedOf(own),
        statements
      ].concat(failures)
    })
  )

const summary = ({ busy, millis, thaws }: FreezeRun): string => {
  const statements = sum(thaws.map(({ reply }) => reply.outcomes.length))
  return `Frozen ${thaws.length} times for ${millis / 2} to ${millis * 1.5} ms, ${endedOf(thaws)} \
connections ended meanwhile, ${statements} statements at once after: **${failed(thaws, "reserved")} \
hand-outs of a dead connection, ${failed(thaws, "plain")} failures, ${busy.probes} probes in \
${busy.statements} statements on busy connections**.`
}

/** The freezes as a page. */
export const page = (run: FreezeRun): string => `# A process that is frozen

${summary(run)}

A process with a pool of four connections is stopped (SIGSTOP), as a laptop's lid or a host that is
short of processors stops it. Its idle connections end meanwhile. Then it goes on (SIGCONT), and at once
runs a statement on each of its connections, before it has read anything of what has happened.

Half of the statements are run on a session that was reserved: nothing runs them again, so a dead one
is seen. What a timer asks for comes before anything is read from the network; what was asked for before
the connections end comes before their ends are read. Through a proxy, in the order of the plan.
Kept by \`npm run freeze -- --seed ${run.seed}\` on Postgres ${run.postgresVersion} and Node.js \
${run.nodeVersion} in ${Duration.format(Duration.seconds(Math.round(Duration.toSeconds(run.took))))}.

${table(
  [
    "Connections, and when statements are asked for",
    "freezes",
    "ended",
    "statements",
    "dead hand-outs",
    "failures"
  ],
  rows(run)
)}

${run.busy.statements} statements of ten workers on ten connections, counted at a proxy: \
${run.busy.probes} probes.
`
