import { Clock, Deferred, Effect, type Redacted, type Scope } from "effect"
import { Life } from "./Life.ts"
import type { Death, Told } from "./Operation.ts"
import type { Request } from "./Request.ts"

/** A contestant's process, which is started again when it dies, as an orchestrator would. */
export interface ContestantProcess {
  /** Asks the one that runs, and waits for its answer or its death. */
  readonly ask: (request: Request) => Effect.Effect<Told>
  /** Waits until there is one to be asked. */
  readonly isUp: Effect.Effect<void>
  /** Every death so far, by the clock. */
  readonly deaths: Effect.Effect<ReadonlyArray<Death>>
}

/** Between two starts, should one die as soon as it has begun. */
const startDelay = "100 millis"

const born = (contestant: string, url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.sync(() => new Life(contestant, url)),
    (life) =>
      Effect.zipRight(
        Effect.sync(() => life.kill()),
        Deferred.await(life.ended)
      )
  )

/** Runs one until the scope closes. */
export const makeProcess = (
  contestant: string,
  url: Redacted.Redacted
): Effect.Effect<ContestantProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const up = yield* Effect.makeLatch(false)
    const births: Array<number> = []
    const ends: Array<{ readonly at: number; readonly reason: string }> = []
    let current: Life | undefined
    let asked = 0
    const lives = (life: Life) =>
      Effect.gen(function* () {
        yield* Deferred.await(life.ready)
        current = life
        births.push(yield* Clock.currentTimeMillis)
        yield* up.open
      })
    const live = Effect.gen(function* () {
      const life = yield* born(contestant, url)
      yield* Effect.raceFirst(lives(life), Deferred.await(life.ended))
      const reason = yield* Deferred.await(life.ended)
      ends.push({ at: yield* Clock.currentTimeMillis, reason })
      yield* up.close
      yield* Effect.sleep(startDelay)
    })
    yield* Effect.forkScoped(Effect.forever(Effect.scoped(live)))
    return {
      ask: (request) =>
        Effect.suspend(() => current?.ask(asked++, request) ?? Effect.succeed({ _tag: "Died" })),
      isUp: up.await,
      deaths: Effect.sync(() =>
        ends.map((end) => ({ ...end, backAt: births.find((birth) => birth > end.at) }))
      )
    }
  })
