import { Duration } from "effect"
import { table } from "../Table.ts"
import { type Network, situations } from "./Interruption.ts"
import type { InterruptsRun, NetworkRun } from "./Run.ts"
import type { Strike } from "./Strike.ts"
import { isLateByItself, promise, quantile, type Timing, timingOf } from "./Timing.ts"
import { works } from "./Work.ts"
import { zerosOf } from "./Zeros.ts"

/** The interrupts that were in time. */
const strikesOf = ({ accounts }: NetworkRun): ReadonlyArray<Strike> =>
  accounts.flatMap(({ strike }) => (strike?.ending._tag === "Interrupted" ? [strike] : []))

const allStrikes = ({ runs }: InterruptsRun) => runs.flatMap(strikesOf)

/** What each network is, as a clause. */
const descriptions: Readonly<Record<Network, string>> = {
  direct: "direct",
  latency: "latency of 10 ms each way",
  slow: "latency of 60 ms each way",
  resets: "all connections reset every 20 to 200 ms",
  blackhole: "black holes of 200 to 400 ms"
}

const millis = (value: number): string => value.toFixed(1)

const head = ["interrupts", "kept", "dropped", "none", "median", "p99", "max", `> ${promise} ms`]

const cells = ({ count, dropped, kept, late, max, median, none, p99 }: Timing) => [
  count,
  kept,
  dropped,
  none,
  ...[median, p99, max].map(millis),
  late
]

const bySituation = (run: InterruptsRun): string => {
  const strikes = allStrikes(run)
  const rows = situations.map((situation) => {
    const own = strikes.filter(({ interruption }) => interruption.situation === situation)
    return [works[situation].what, ...cells(timingOf(own))]
  })
  return table(["Interrupted", ...head], [...rows, ["all", ...cells(timingOf(strikes))]])
}

const byNetwork = ({ runs }: InterruptsRun): string =>
  table(
    ["Network", ...head],
    runs.map((run) => [descriptions[run.network], ...cells(timingOf(strikesOf(run)))])
  )

const machine = ({ runs }: InterruptsRun): string =>
  table(
    ["Event loop late by, in ms", "median", "p99", "max"],
    runs.map(({ lags, network }) => {
      const values = lags.map((lag) => lag.millis)
      return [descriptions[network], ...[0.5, 0.99, 1].map((at) => millis(quantile(values, at)))]
    })
  )

const lateRows = (run: NetworkRun) =>
  situations.flatMap((situation) => {
    const late = strikesOf(run).filter(
      ({ interruption, took }) => interruption.situation === situation && took > promise
    )
    if (late.length === 0) return []
    const byThemselves = late.filter((strike) => isLateByItself(strike, run.lags)).length
    const { max, median } = timingOf(late)
    return [
      [`${run.network}, ${situation}`, late.length, byThemselves, millis(median), millis(max)]
    ]
  })

const lateness = ({ runs }: InterruptsRun): string => {
  const rows = runs.flatMap(lateRows)
  const columns = ["Late", "interrupts", "without the event loop's delay", "median", "max"]
  return rows.length === 0 ? "None." : table(columns, rows)
}

const zeros = (run: InterruptsRun): string =>
  table(
    ["What must not happen", "times"],
    zerosOf(run).map(({ count, what }) => [what, count])
  )

const innocents = ({ runs }: InterruptsRun): string =>
  table(
    ["Innocents", "answered on the same pool", "on another client"],
    runs.map(({ bystanders, innocence, network }) => [
      descriptions[network],
      innocence.answered,
      bystanders.answered
    ])
  )

const circumstances = (run: InterruptsRun): string => {
  const minutes = Duration.format(Duration.seconds(Math.round(Duration.toSeconds(run.took))))
  return `Kept by \`npm run interrupts -- --seed ${run.seed}\` on Postgres ${run.postgresVersion} and \
Node.js ${run.nodeVersion} in ${minutes}.`
}

const tries = ({ runs }: InterruptsRun): number =>
  runs.reduce((sum, { accounts }) => sum + accounts.length, 0)

/** The interrupts as a page. */
export const page = (run: InterruptsRun): string => {
  const all = timingOf(allStrikes(run))
  return `# Ten thousand interrupts

${all.count} interrupts in ${tries(run)} tries on ${run.runs.length} networks: \
**median ${millis(all.median)} ms, p99 ${millis(all.p99)} ms, at most ${millis(all.max)} ms; \
${all.late} returned later than ${promise} ms**.

A piece of work is interrupted at a random moment: before it has begun, some turns of the event loop
later, or 0 to 30 ms after it is under way. Eight are at it at the same time, on a pool of eight connections;
two innocents use the same pool, two another client. One that came too late is tried again sooner.
Every fourth sleep on a network that is faithful would last 30 s if nobody cancelled it.
${circumstances(run)}

## What must be zero

${zeros(run)}

${innocents(run)}

Where the network loses answers, the innocents on it read only, and are replayed; elsewhere each must
succeed at the first try, with its own rows.

## From the interrupt to its return

In milliseconds. Kept: the server had confirmed the cancel in time, or nothing was under way. Dropped:
it had not, or the state of the session could not be known, as during BEGIN and COMMIT; or the network
had ended it. None: no statement had been sent yet.

${bySituation(run)}

${byNetwork(run)}

## Later than ${promise} ms

${lateness(run)}

The same machine ran the server, the network and both clients. A timer every 5 ms showed how late its
event loop was.

${machine(run)}
`
}
