import { Data, Effect, Random, Schedule } from "effect"
import { ProofDatabase } from "../ProofDatabase.ts"
import type { Ask } from "../service/Ask.ts"
import type { Pair } from "./Pair.ts"

/** A pair was answered otherwise than it says: there is nothing to compare. */
export class Unexpected extends Data.TaggedError("Unexpected")<{ readonly message: string }> {}

/** Milliseconds that the questions of each case took. */
export interface Samples {
  readonly one: ReadonlyArray<number>
  readonly other: ReadonlyArray<number>
}

/** Questions of each case that are not counted: statements get prepared, code gets compiled. */
const warmUp = 40

/** Longer than what a request leaves behind takes. The outbox is looked into 50 ms after an answer. */
const pause = { withLetters: "65 millis", without: "8 millis" } as const

/** Until the letters of the last request are delivered: they would slow down the next one. */
const delivered = Effect.flatMap(ProofDatabase, ({ direct }) =>
  Effect.map(direct`SELECT FROM outbox LIMIT 1`, (rows) => rows.length === 0)
).pipe(Effect.repeat({ until: (isEmpty) => isEmpty, schedule: Schedule.spaced("5 millis") }))

const quiet = ({ status }: Pair) =>
  status === 202
    ? Effect.zipRight(Effect.sleep(pause.withLetters), delivered)
    : Effect.sleep(pause.without)

const timed = (ask: Ask, pair: Pair, isOther: boolean, i: number) =>
  Effect.flatMap(ask(pair.question(isOther, i)), ({ millis, status }) =>
    status === pair.status
      ? Effect.succeed(millis)
      : new Unexpected({ message: `${isOther ? pair.other : pair.one}: answered ${status}` })
  )

/** Asks one after the other, both cases in turn, by chance the one or the other first. */
export const samplesOf = (ask: Ask, pair: Pair, count: number) =>
  Effect.gen(function* () {
    const { direct } = yield* ProofDatabase
    yield* pair.prepare(direct, count + warmUp)
    yield* direct`VACUUM ANALYZE`
    const times: Record<"one" | "other", Array<number>> = { one: [], other: [] }
    for (let i = 0; i < count + warmUp; i += 1) {
      const first = yield* Random.nextBoolean
      for (const isOther of [first, !first]) {
        const millis = yield* timed(ask, pair, isOther, i)
        yield* quiet(pair)
        if (i >= warmUp) times[isOther ? "other" : "one"].push(millis)
      }
    }
    return times satisfies Samples
  })
