import { Duration } from "effect"
import { table } from "../../proofs/Table.ts"
import { described, type Machine } from "../Machine.ts"
import { spread } from "../Statistics.ts"
import { ordeals } from "./Ordeals.ts"
import { pointsOf, type Quantity, quantities, type Sample } from "./Sample.ts"
import { type Trend, trendOf } from "./Trend.ts"
import { load } from "./Visitors.ts"

/** Everything that was seen, and where. */
export interface SoakRun {
  readonly samples: ReadonlyArray<Sample>
  readonly minutes: number
  /** Seconds between two samples, and between two faults. */
  readonly interval: number
  readonly machine: Machine
}

/** What grew in the second half. */
export const growing = (samples: ReadonlyArray<Sample>): ReadonlyArray<Quantity> =>
  quantities.filter((quantity) => trendOf(pointsOf(quantity, samples)).isGrowth)

const count = (samples: ReadonlyArray<Sample>, of: (sample: Sample) => number) =>
  samples.reduce((sum, sample) => sum + of(sample), 0)

const signed = (value: number, digits: number) =>
  `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(digits)}`

const row = ({ digits, name, unit }: Quantity, values: ReadonlyArray<number>, trend: Trend) => {
  const { max, median, min } = spread(values)
  return [
    unit === "" ? name : `${name}, ${unit}`,
    ...[median, min, max].map((value) => value.toFixed(digits)),
    signed(trend.slope, digits),
    trend.error.toFixed(digits),
    trend.isGrowth ? "**yes**" : "no"
  ]
}

const rows = (samples: ReadonlyArray<Sample>) =>
  quantities.map((quantity) => {
    const points = pointsOf(quantity, samples)
    return row(
      quantity,
      points.map(({ value }) => value),
      trendOf(points)
    )
  })

/** In a sentence. */
export const verdict = (samples: ReadonlyArray<Sample>): string => {
  const names = growing(samples).map(({ name }) => name)
  return names.length === 0 ? "Nothing grew." : `It grew: ${names.join("; ")}.`
}

/** The run as a page. */
export const page = ({ interval, machine, minutes, samples }: SoakRun): string => {
  const lookUps = count(samples, ({ visits }) => visits.lookUps.length)
  const signUps = count(samples, ({ visits }) => visits.signUps.length)
  const failed = count(samples, ({ visits }) => visits.failed)
  return `# Soak

${minutes} minutes under load, with a fault every ${interval} s: **${verdict(samples)}** ${lookUps} look-ups \
and ${signUps} sign-ups were served, ${failed} requests were not.

![Memory, handles and latency over time](soak.svg)

${table(
  ["", "median", "least", "most", "slope per hour", "its standard error", "growth"],
  rows(samples)
)}

The slope is that of the straight line through the samples of the second half. It is called growth if it is more than
three times its standard error, and comes to more than 2 % of the mean within that half.

The built service runs as in production, with its defaults but \`AUTH_THROTTLE=off\`, and reaches its database through a
proxy that misbehaves. ${load.lookUps} people look up their sessions, ${Duration.format(load.lookUpPause)} after each answer, and
${load.signUps} sign up, ${Duration.format(load.signUpPause)} after each; the database grows by that. Every ${interval} s the service
collects its garbage and tells what it holds; times are of the ${interval} s before. Between two samples one of these
strikes, by turns:

${ordeals.map(({ what }) => `- ${what}`).join("\n")}

Measured by \`npm run soak\` on ${described(machine)}, which the service, its database, the proxy and its visitors shared.
`
}
