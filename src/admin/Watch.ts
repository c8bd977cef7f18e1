import { randomBytes } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Context, Effect, Layer, Ref, Schedule, Stream } from "effect"
import { Pool } from "../pool/index.ts"
import { Audience } from "./Audience.ts"
import * as AuditView from "./AuditView.ts"
import * as Incidents from "./Incidents.ts"
import * as MetricsReading from "./MetricsReading.ts"
import { Ring } from "./Ring.ts"
import { type Reading, type Sample, sampleOf } from "./Sample.ts"
import { serverSentEvent } from "./ServerSentEvent.ts"
import { columns, poolNow, type Snapshot, type Tick, toldIncident } from "./Snapshot.ts"

/** A quarter of an hour, by seconds. */
const REMEMBERED = 15 * 60
/** Pages open at the same time. */
export const MOST_PAGES = 20

/** What is remembered beside the samples. */
interface Memory {
  readonly reading: Reading | undefined
  readonly incidents: Incidents.Incidents
  /** The incidents that the pages know. */
  readonly told: Incidents.Incidents
  /** What had been asked of accounts when the audit log was wished for last; null: never. */
  readonly askedAtAudit: number | null
}

const untouched: Memory = {
  reading: undefined,
  incidents: Incidents.none,
  told: Incidents.none,
  askedAtAudit: null
}

const newestFirst = ({ all }: Incidents.Incidents) => all.map(toldIncident).toReversed()

const make = Effect.gen(function* () {
  const pool = yield* Pool
  const run = randomBytes(4).toString("hex")
  const since = yield* Clock.currentTimeMillis
  const samples = new Ring<Sample>(REMEMBERED)
  const audience = new Audience(MOST_PAGES)
  const memory = yield* Ref.make(untouched)

  const message = (name: string, now: number, data: unknown) =>
    serverSentEvent(name, `${run}-${now}`, data)

  const tell = (name: string, data: unknown) =>
    Effect.map(Clock.currentTimeMillis, (now) => audience.tell(message(name, now, data)))

  const poolView = Effect.zipWith(pool.stats, pool.connections, poolNow)
  const audit: AuditView.AuditView = yield* AuditView.make(
    pool,
    // It is there by the time that it is read.
    Effect.suspend(() => Effect.flatMap(audit.current, (current) => tell("audit", current)))
  )

  const readAudit = Effect.zipRight(
    Ref.update(memory, (all) => ({ ...all, askedAtAudit: MetricsReading.read().authEvents })),
    audit.refresh
  )

  /** Only for pages that are open, and only after something happened in this process. */
  const readAuditIfNeeded = Effect.flatMap(Ref.get(memory), ({ askedAtAudit, reading }) =>
    reading === undefined || reading.metrics.authEvents === askedAtAudit ? Effect.void : readAudit
  )

  const tellTick = (now: number, sample: Sample) =>
    Effect.gen(function* () {
      const { incidents, told } = yield* Ref.getAndUpdate(memory, (all) => ({
        ...all,
        told: all.incidents
      }))
      const news = incidents === told ? {} : { incidents: newestFirst(incidents) }
      const tick: Tick = { now, sample, pool: yield* poolView, ...news }
      audience.tell(message("tick", now, tick))
      yield* readAuditIfNeeded
    })

  const look = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const reading: Reading = {
      at: now,
      stats: yield* pool.stats,
      metrics: MetricsReading.read()
    }
    const before = yield* Ref.getAndUpdate(memory, (all) => ({
      ...all,
      reading,
      incidents: Incidents.settle(all.incidents, now)
    }))
    const sample = sampleOf(before.reading, reading)
    samples.push(sample)
    yield* dismissStrangers
    if (audience.size > 0) yield* tellTick(now, sample)
  })

  const dismissStrangers = Effect.suspend(() =>
    Effect.forEach(
      audience.all,
      (listener) => Effect.unlessEffect(audience.dismiss(listener), listener.isAllowed),
      { discard: true }
    )
  )

  const heard = (occurrence: Parameters<typeof Incidents.fold>[1]) =>
    Effect.zipRight(
      Ref.update(memory, (all) => ({
        ...all,
        incidents: Incidents.fold(all.incidents, occurrence)
      })),
      // What could not be read, such as while the database was away, is read now, if somebody looks.
      occurrence.event._tag === "Reconnected" && audience.size > 0 ? readAuditIfBehind : Effect.void
    )

  const readAuditIfBehind = Effect.flatMap(audit.current, ({ behind }) =>
    behind !== null ? readAudit : Effect.void
  )

  const snapshot = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const { incidents } = yield* Ref.get(memory)
    const all: Snapshot = {
      now,
      since,
      pool: yield* poolView,
      samples: columns(samples.all),
      incidents: newestFirst(incidents),
      audit: yield* audit.current
    }
    return message("snapshot", now, all)
  })

  const opened = (isAgain: boolean) =>
    isAgain
      ? Effect.flatMap(Ref.get(memory), ({ askedAtAudit }) =>
          askedAtAudit === null ? readAudit : readAuditIfNeeded
        )
      : readAudit

  yield* Effect.forkScoped(Stream.runForEach(pool.events, heard))
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
