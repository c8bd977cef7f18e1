import type { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Context, Effect, Encoding, Layer, Schedule, Stream } from "effect"
import { type Occurrence, Pool } from "../pool/index.ts"
import { SecureRandom } from "../runtime/SecureRandom.ts"
import { Audience } from "./Audience.ts"
import * as AuditView from "./AuditView.ts"
import { History } from "./History.ts"
import * as MetricsReading from "./MetricsReading.ts"
import type { Sample } from "./Sample.ts"
import { serverSentEvent } from "./ServerSentEvent.ts"
import { poolNow, type Snapshot, type Tick } from "./Snapshot.ts"

/** Pages open at the same time. */
export const MOST_PAGES = 20

/** Messages to pages, each numbered by this process and the time. */
const numbered = Effect.gen(function* () {
  const random = yield* SecureRandom
  const run = Encoding.encodeHex(yield* random.bytes(4))
  return (name: string, now: number, data: unknown) => serverSentEvent(name, `${run}-${now}`, data)
})

/** Lets those go who may not listen any more. */
const dismissStrangers = (audience: Audience): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.forEach(
      audience.all,
      (listener) => Effect.unlessEffect(audience.dismiss(listener), listener.isAllowed),
      { discard: true }
    )
  )

const make = Effect.gen(function* () {
  const pool = yield* Pool
  const message = yield* numbered
  const since = yield* Clock.currentTimeMillis
  const history = new History()
  const audience = new Audience(MOST_PAGES)

  const tell = (name: string, data: unknown) =>
    Effect.map(Clock.currentTimeMillis, (now) => audience.tell(message(name, now, data)))
  const audit: AuditView.AuditView = yield* AuditView.make(
    pool,
    // It is there by the time that it is read.
    Effect.suspend(() => Effect.flatMap(audit.current, (current) => tell("audit", current)))
  )
  const poolView = Effect.zipWith(pool.stats, pool.connections, poolNow)

  const tellTick = (now: number, sample: Sample) =>
    Effect.gen(function* () {
      const tick: Tick = { now, sample, pool: yield* poolView, ...history.takeNews() }
      audience.tell(message("tick", now, tick))
      yield* audit.refreshIfOutdated
    })

  const look = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const stats = yield* pool.stats
    const sample = history.add({ at: now, stats, metrics: MetricsReading.read() })
    yield* dismissStrangers(audience)
    if (audience.size > 0) yield* tellTick(now, sample)
  })

  const hear = (occurrence: Occurrence) =>
    Effect.suspend(() => {
      history.hear(occurrence)
      // What could not be read while the database was away is read now, if somebody looks.
      const { _tag } = occurrence.event
      const isBack = (_tag === "Reconnected" || _tag === "Lapsed") && audience.size > 0
      return isBack ? audit.refreshIfBehind : Effect.void
    })

  const snapshot = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const pool = yield* poolView
    const all: Snapshot = { now, since, pool, ...history.all, audit: yield* audit.current }
    return message("snapshot", now, all)
  })

  const opened = (isAgain: boolean) => (isAgain ? audit.refreshIfOutdated : audit.refresh)

  yield* Effect.forkScoped(Stream.runForEach(pool.events, hear))
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("1 second")))
  return Watch.of({ audience, snapshot, opened })
})

/**
 * What the dashboard shows, kept in memory: a sample of each second of the last quarter of an hour,
 * incidents, and the audit log as it was read last. Its timer asks the pool's counters, which are in
 * memory as well: the database can sleep.
 */
export class Watch extends Context.Tag("holdfast/admin/Watch")<
  Watch,
  {
    /** The pages that are open. */
    readonly audience: Audience
    /** All that is known, as the first message to a page. */
    readonly snapshot: Effect.Effect<Uint8Array>
    /**
     * A page was opened: the audit log is read. One that only connects again has seen it, so it is
     * read only if something happened since.
     */
    readonly opened: (isAgain: boolean) => Effect.Effect<void>
  }
>() {
  static readonly layer: Layer.Layer<Watch, never, Pool | SqlClient> = Layer.scoped(Watch, make)
}
