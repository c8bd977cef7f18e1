import { Clock, Duration, Effect, Random } from "effect"

/** Enough to have their spread, and few enough to follow what else the machine has to do. */
const REMEMBERED = 32

/** Makes work of one cost take as long as work of another. */
export interface UsualTime {
  /** Runs work of the usual cost, and remembers how long it took. */
  readonly usual: <A>(work: Effect.Effect<A>) => Effect.Effect<A>
  /**
   * Runs work of a lesser cost, and ends when as much time has passed as some usual work took
   * lately. Without any to go by, runs `stranger` first, which is of the usual cost.
   */
  readonly asUsual: <A>(
    work: Effect.Effect<A>,
    stranger: Effect.Effect<unknown>
  ) => Effect.Effect<A>
}

const millisOf = <A>(work: Effect.Effect<A>) =>
  Effect.map(Effect.timedWith(work, Clock.currentTimeNanos), ([took, value]) => ({
    millis: Duration.toMillis(took),
    value
  }))

/** See {@link UsualTime}. */
export const makeUsualTime = (): UsualTime => {
  const lately: Array<number> = []
  const usual = <A>(work: Effect.Effect<A>) =>
    Effect.map(millisOf(work), ({ millis, value }) => {
      lately.push(millis)
      if (lately.length > REMEMBERED) lately.shift()
      return value
    })
  // One of them by chance, and not their mean: it is their spread, too, that would tell.
  const some = Effect.map(
    Effect.suspend(() => Random.nextIntBetween(0, lately.length)),
    (index) => lately[index] ?? 0
  )
  return {
    usual,
    asUsual: (work, stranger) =>
      Effect.gen(function* () {
        if (lately.length === 0) yield* usual(stranger)
        const aim = yield* some
        const { millis, value } = yield* millisOf(work)
        if (millis < aim) yield* Effect.sleep(Duration.millis(aim - millis))
        return value
      })
  }
}
