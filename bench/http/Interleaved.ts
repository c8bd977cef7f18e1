import { Effect } from "effect"

/** One who is measured, round by round. */
export interface Contestant<A, E, R = never> {
  readonly name: string
  readonly measured: Effect.Effect<A, E, R>
}

/** By the contestant's name, in the order of the rounds. */
export type Measurements<A> = ReadonlyMap<string, ReadonlyArray<A>>

/**
 * Measures the contestants by turns, in one order and then in the other (A B C, C B A), so that a busy
 * moment of the machine hits all alike. A first round does not count: it warms up.
 */
export const interleaved = <A, E, R>(
  contestants: ReadonlyArray<Contestant<A, E, R>>,
  rounds: number,
  tell: (done: number, of: number) => Effect.Effect<void>
): Effect.Effect<Measurements<A>, E, R> =>
  Effect.gen(function* () {
    const measurements = new Map(contestants.map(({ name }): [string, Array<A>] => [name, []]))
    for (let round = 0; round <= rounds; round++) {
      const order = round % 2 === 1 ? contestants : contestants.toReversed()
      for (const { measured, name } of order) {
        const measurement = yield* measured
        if (round > 0) measurements.get(name)?.push(measurement)
      }
      yield* tell(round, rounds)
    }
    return measurements
  })

/** One figure of a contestant, in the order of the rounds. */
export const figures = <A>(
  measurements: Measurements<A>,
  name: string,
  figure: (measurement: A) => number
): ReadonlyArray<number> => (measurements.get(name) ?? []).map(figure)
