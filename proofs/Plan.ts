import type { CutEnding, Direction } from "../src/testing/index.ts"
import { type Cut, directions, endings, forms, type Series, stages } from "./Cut.ts"

/** So many bytes in each direction. */
export type Bytes = Readonly<Record<Direction, number>>

/** What an undisturbed run of a series exchanges. */
export interface Exchange {
  readonly series: Series
  /** Bytes before any of the sign-up's work, with which BEGIN travels: the opening of a connection. */
  readonly opening: Bytes
  readonly total: Bytes
}

/**
 * Every form on a fresh and on a used connection. While connecting it makes no difference what waits
 * to be sent, so the transaction that is not replayed stands for all.
 */
export const allSeries: ReadonlyArray<Series> = forms.flatMap((form) =>
  stages
    .filter((stage) => stage !== "connecting" || form === "transaction")
    .map((stage) => ({ form, stage }))
)

/** The server answers with transaction ids, which get longer while the ledger runs. */
const growth: Bytes = { toServer: 0, toClient: 4 }

/**
 * From one offset to the next. Every one ends in a reset. A FIN differs from it only in what the
 * client is told, and a black hole is noticed only by waiting. Primes, which drift over the messages.
 */
export const strides: Readonly<Record<CutEnding, number>> = { reset: 1, close: 7, blackhole: 31 }

const cutsBehind = (
  { series, total }: Exchange,
  direction: Direction,
  ending: CutEnding
): ReadonlyArray<Cut> => {
  const last = total[direction] + growth[direction]
  const count = Math.floor(last / strides[ending]) + 1
  return Array.from({ length: count }, (_, i) => ({
    series,
    direction,
    ending,
    offset: i * strides[ending]
  }))
}

/** The cuts of every series in both directions and by every ending, as its stride has them. */
export const planOf = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<Cut> =>
  exchanges.flatMap((exchange) =>
    directions.flatMap((direction) =>
      endings.flatMap((ending) => cutsBehind(exchange, direction, ending))
    )
  )

/** At most `count` of the cuts, spread evenly over all of them. */
export const thinned = (cuts: ReadonlyArray<Cut>, count: number): ReadonlyArray<Cut> => {
  if (count >= cuts.length) return cuts
  const share = (i: number) => Math.floor((i * count) / cuts.length)
  return cuts.filter((_, i) => share(i) !== share(i - 1))
}
