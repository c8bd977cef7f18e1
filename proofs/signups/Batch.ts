import { Effect, Random } from "effect"
import type { Ask } from "../service/Ask.ts"
import { type Means, type Point, shareOf } from "./Point.ts"
import { type Ending, endingOf, newVisitor, signUp } from "./Visitor.ts"

/** When a batch is struck: at random, while its visitors are under way. */
const moment = Random.nextIntBetween(2, 60)

/** Has a batch sign up, strikes it, and looks what became of it once the network is faithful. */
const batchAt = (means: Means, ask: Ask, point: Point) =>
  Effect.gen(function* () {
    const { aim, hangUp, name, strike } = point
    const visitors = Array.from({ length: point.batch }, () => newVisitor(name))
    if (aim) yield* Effect.forEach(visitors, ({ email }, index) => aim(means, email, index))
    const signUps = Effect.forEach(
      visitors,
      (visitor) =>
        Effect.flatMap(hangUp ?? Effect.succeed(undefined), (after) => signUp(ask, visitor, after)),
      { concurrency: "unbounded" }
    )
    const struck = strike
      ? Effect.flatMap(moment, (millis) => Effect.delay(strike(means), millis))
      : Effect.void
    const [seen] = yield* Effect.all([signUps, struck], { concurrency: 2 })
    yield* means.proxy.heal
    return yield* Effect.forEach(seen, (each) => endingOf(ask, each), { concurrency: 8 })
  })

/** So many sign-ups, spread over the points. */
export const endingsAt = (options: {
  readonly means: Means
  readonly ask: Ask
  readonly points: ReadonlyArray<Point>
  readonly total: number
  readonly progress: (done: number, of: number) => Effect.Effect<void>
}) =>
  Effect.gen(function* () {
    const { ask, means, points, progress, total } = options
    const endings: Array<Ending> = []
    for (const point of points) {
      for (let done = 0; done < shareOf(point, total); done += point.batch) {
        endings.push(...(yield* batchAt(means, ask, point)))
        yield* progress(endings.length, total)
      }
    }
    return endings
  })
