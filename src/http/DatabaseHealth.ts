import { Context, DateTime, Deferred, Duration, Effect, Layer, Ref } from "effect"
import { type AcquireError, type ConnectError, Pool, type PoolStats } from "../pool/index.ts"
import { type Instant, instant } from "../runtime/Instant.ts"
import { DatabaseDown, type DatabaseUp } from "./Health.ts"

/** How the database is asked. */
export interface DatabaseHealthOptions {
  /** How long an answer is given out before the database is asked again. Default 1 s. */
  readonly cachedFor?: Duration.DurationInput
  /** How long to wait for the database. Default 5 s: load balancers wait about as long. */
  readonly patience?: Duration.DurationInput
}

const DEFAULT_CACHED_FOR = Duration.seconds(1)
const DEFAULT_PATIENCE = Duration.seconds(5)

type Answer = Deferred.Deferred<DatabaseUp, DatabaseDown>

interface Flight {
  readonly answer: Answer
  /** When it is asked again; never, while it is still being asked. */
  readonly staleAt: Instant
}

/** Not the last failure: anybody may ask, and the words of a failure are for the log and the dashboard. */
const counters = ({ idle, max, active, retries, total, waiting }: PoolStats) => ({
  total,
  idle,
  active,
  waiting,
  max,
  retries
})

const unreachable = ({ isFatal, provesRestart, retryAfter }: ConnectError): string => {
  if (isFatal) return "The database can't be used as it is set up: asking again won't help."
  if (provesRestart) return "The database is restarting."
  return retryAfter === undefined
    ? "The database can't be reached."
    : "The database takes no connections for a while: a quota or a rate of its is used up."
}

/** What kind of failure it is. Its own words may name hosts, addresses, users and databases. */
const sentenceOf = (error: AcquireError): string => {
  switch (error._tag) {
    case "ConnectError":
      return unreachable(error)
    case "AcquireTimeout":
      return "No connection was to be had in time: the database can't be reached, or all are in use."
    case "QueueFull":
      return "As many callers wait for a connection as may."
    case "PoolClosed":
      return "The service is ending, and uses the database no more."
  }
}

const wordsOf = (error: AcquireError) => ({
  message: sentenceOf(error),
  retryAfterSeconds:
    "retryAfter" in error && error.retryAfter !== undefined
      ? Math.max(1, Math.ceil(Duration.toSeconds(error.retryAfter)))
      : 1
})

/** Asks the database over a connection of the pool, once, now. */
const askOver = (pool: Pool["Type"], patience: Duration.Duration) => {
  const moment = Effect.all({ checkedAt: DateTime.now, pool: Effect.map(pool.stats, counters) })
  return pool.check.pipe(
    Effect.mapError(wordsOf),
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () => ({
        message: `The database did not answer within ${Duration.format(patience)}.`,
        retryAfterSeconds: 1
      })
    }),
    Effect.matchEffect({
      onSuccess: () => Effect.map(moment, (now) => ({ status: "available" as const, ...now })),
      onFailure: (words) => Effect.flatMap(moment, (now) => new DatabaseDown({ ...words, ...now }))
    })
  )
}

const make = Effect.fnUntraced(function* (options: DatabaseHealthOptions) {
  const ask = askOver(yield* Pool, Duration.decode(options.patience ?? DEFAULT_PATIENCE))
  const cachedFor = Duration.toMillis(options.cachedFor ?? DEFAULT_CACHED_FOR)
  const scope = yield* Effect.scope
  const nextAnswer = Deferred.make<DatabaseUp, DatabaseDown>()
  const latest = yield* Ref.make<Flight>({
    answer: yield* nextAnswer,
    staleAt: Number.NEGATIVE_INFINITY
  })

  const land = (answer: Answer) =>
    Effect.intoDeferred(ask, answer).pipe(
      Effect.zipRight(instant),
      Effect.flatMap((now) => Ref.set(latest, { answer, staleAt: now + cachedFor }))
    )

  // In a fiber of its own: a caller who leaves must not take the answer from the others.
  const current = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const now = yield* instant
      const next: Flight = { answer: yield* nextAnswer, staleAt: Number.POSITIVE_INFINITY }
      const flight = yield* Ref.updateAndGet(latest, (last) => (now < last.staleAt ? last : next))
      if (flight === next) yield* Effect.forkIn(Effect.interruptible(land(next.answer)), scope)
      return yield* restore(Deferred.await(flight.answer))
    })
  )
  return DatabaseHealth.of({ current })
})

/** Whether the database answers. */
export class DatabaseHealth extends Context.Tag("holdfast/http/DatabaseHealth")<
  DatabaseHealth,
  {
    /**
     * Asks the database through the pool. Callers at the same time share one question, and its
     * answer stands for a second, so that nobody can wear the database out by asking.
     */
    readonly current: Effect.Effect<DatabaseUp, DatabaseDown>
  }
>() {
  /** See `DatabaseHealthOptions`. Needs the pool. */
  static layer(options: DatabaseHealthOptions = {}): Layer.Layer<DatabaseHealth, never, Pool> {
    return Layer.scoped(DatabaseHealth, make(options))
  }
}
