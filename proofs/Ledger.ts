import { type Duration, Effect } from "effect"
import { type Cut, seriesName } from "./Cut.ts"
import { cutSignUp, type Entry } from "./CutSignUp.ts"
import { measure } from "./Measurement.ts"
import { allSeries, type Exchange, planOf, thinned } from "./Plan.ts"
import { ProofDatabase } from "./ProofDatabase.ts"

/** Everything that was seen. */
export interface Ledger {
  readonly exchanges: ReadonlyArray<Exchange>
  readonly entries: ReadonlyArray<Entry>
  readonly postgresVersion: string
  readonly nodeVersion: string
  readonly took: Duration.Duration
}

/** Runs that cost time on the processors. */
const loudLanes = 8

/** Runs that mostly wait for a black hole. */
const silentLanes = 40

const isSilent = ({ ending }: Cut): boolean => ending === "blackhole"

/** Carries out the cuts, and tells `progress` how many are done. */
const entriesOf = (
  cuts: ReadonlyArray<Cut>,
  exchanges: ReadonlyArray<Exchange>,
  progress: (done: number, of: number) => Effect.Effect<void>
) => {
  let done = 0
  const bySeries = new Map(exchanges.map((exchange) => [seriesName(exchange.series), exchange]))
  const carryOut = (cut: Cut) =>
    Effect.fromNullable(bySeries.get(seriesName(cut.series))).pipe(
      Effect.orDie,
      Effect.flatMap((exchange) => cutSignUp(cut, exchange)),
      Effect.tap(() => Effect.suspend(() => progress(++done, cuts.length)))
    )
  const within = (lanes: number, chosen: ReadonlyArray<Cut>) =>
    Effect.forEach(chosen, carryOut, { concurrency: lanes })
  return Effect.zipWith(
    within(
      loudLanes,
      cuts.filter((cut) => !isSilent(cut))
    ),
    within(silentLanes, cuts.filter(isSilent)),
    (loud, silent) => [...loud, ...silent]
  )
}

/** Keeps a ledger of those cuts, or of `atMost` of all there are. */
export const keepLedger = (options: {
  readonly only: ReadonlyArray<Cut>
  readonly atMost: number
  readonly progress: (done: number, of: number) => Effect.Effect<void>
}) =>
  Effect.gen(function* () {
    const { atMost, only, progress } = options
    const exchanges = yield* Effect.forEach(allSeries, measure)
    const cuts = only.length > 0 ? only : thinned(planOf(exchanges), atMost)
    const { version } = yield* ProofDatabase
    const [took, entries] = yield* Effect.timed(entriesOf(cuts, exchanges, progress))
    const versions = { postgresVersion: version, nodeVersion: process.versions.node }
    return { exchanges, entries, ...versions, took } satisfies Ledger
  })
