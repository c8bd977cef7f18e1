import { Duration, Effect } from "effect"
import type { ProofFailed } from "../../proofs/Proof.ts"
import type { Fault, FaultSchedule } from "../../src/testing/index.ts"
import type { ProbedService } from "./ProbedService.ts"
import type { Sample } from "./Sample.ts"
import type { Visits } from "./Visitors.ts"

/** The service, who visits it, and what befalls its database. */
export interface Soak<E> {
  readonly service: ProbedService
  readonly visits: Effect.Effect<Visits>
  readonly schedule: FaultSchedule<Fault>
  readonly strike: (schedule: FaultSchedule<Fault>) => Effect.Effect<void, E>
  readonly intervals: number
  readonly each: Duration.Duration
  readonly tell: (done: number, of: number) => Effect.Effect<void>
}

const sampled = <E>({ each, intervals, service, tell, visits }: Soak<E>) =>
  Effect.gen(function* () {
    const begun = performance.now()
    const samples: Array<Sample> = []
    for (let done = 1; done <= intervals; done++) {
      const due = begun + done * Duration.toMillis(each)
      yield* Effect.sleep(Math.max(0, due - performance.now()))
      // First, so that who visits while the heap is collected counts for the next.
      const seen = yield* visits
      const holding = yield* service.holding
      const at = Duration.toHours(Duration.millis(performance.now() - begun))
      samples.push({ at, holding, visits: seen })
      yield* tell(done, intervals)
    }
    return samples
  })

/** Looks at the service at the end of each interval, while faults strike in the midst of each. */
export const soaked = <E>(soak: Soak<E>): Effect.Effect<ReadonlyArray<Sample>, E | ProofFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const looking = sampled(soak)
      const struck = Effect.zipRight(soak.strike(soak.schedule), Effect.never)
      return yield* Effect.raceFirst(looking, struck)
    })
  )
