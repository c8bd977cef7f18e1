import { Clock, Duration, Effect } from "effect"
import type { Callers } from "./Callers.ts"
import type { Struck } from "./ContestantRun.ts"
import type { FaultName } from "./Fault.ts"
import type { Slot } from "./Schedule.ts"
import type { Stage } from "./Stage.ts"
import { acts } from "./Strike.ts"

/** Sleeps until so long after `start`, a time of the clock in milliseconds. */
const sleepUntil = (start: number, offset: Duration.Duration) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep(Math.max(0, start + Duration.toMillis(offset) - now))
  )

const play = Effect.fnUntraced(function* (
  stage: Stage,
  callers: Callers,
  start: number,
  slot: Slot
) {
  const { strike, mend } = acts[slot.fault.name]
  const isQuiet = Duration.greaterThan(slot.fault.quiet, Duration.zero)
  const now = Effect.map(Clock.currentTimeMillis, (millis) => millis - start)
  yield* sleepUntil(start, slot.begins)
  if (isQuiet) yield* callers.gate.close
  yield* sleepUntil(start, slot.strikes)
  const struckAt = yield* now
  yield* strike(stage)
  yield* sleepUntil(start, slot.counts)
  const from = isQuiet ? yield* now : struckAt
  yield* callers.gate.open
  yield* sleepUntil(start, slot.mends)
  yield* mend(stage)
  return { fault: slot.fault, from, until: yield* now } satisfies Struck
})

/** Has the faults strike when their time has come, and tells when that was. */
export const conduct = (options: {
  readonly stage: Stage
  readonly callers: Callers
  readonly start: number
  readonly schedule: ReadonlyArray<Slot>
  readonly progress: (fault: FaultName) => Effect.Effect<void>
}) => {
  const { callers, progress, schedule, stage, start } = options
  return Effect.forEach(schedule, (slot) =>
    Effect.zipRight(progress(slot.fault.name), play(stage, callers, start, slot))
  )
}
