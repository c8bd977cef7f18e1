import type { SqlClient } from "@effect/sql/SqlClient"
import { Duration, Effect, FiberSet } from "effect"
import { arrivals } from "./Arrivals.ts"

/** One statement, from when it was due: milliseconds from the beginning. */
export interface Ending {
  readonly dueAt: number
  readonly endedAt: number
  readonly wasServed: boolean
}

/** As many statements as can run at the same time. */
export const connections = 10

/** How long a caller is ready to wait for a connection. */
export const deadline = Duration.seconds(1)

/** Longer than the deadline: a queue has had the time to become as long as it gets. */
const runUp = 1500

/** What ends within so many milliseconds after that is counted. */
export const counted = 3000

/** A client, and how many milliseconds its server takes for a statement. */
export interface Service {
  readonly sql: SqlClient
  readonly millis: number
}

const statement = ({ millis, sql }: Service) => sql`SELECT pg_sleep(${millis / 1000}::float8)`

/** Statements per second that as many callers as can be served together get answered. */
export const capacityOf = (service: Service) =>
  Effect.gen(function* () {
    let answered = 0
    const ask = Effect.map(statement(service), () => {
      answered += 1
    })
    // Twice as many as connections: none of them ever rests.
    const crowd = Effect.replicateEffect(Effect.forever(ask), 2 * connections, {
      concurrency: "unbounded"
    })
    yield* Effect.timeoutOption(crowd, runUp)
    answered = 0
    const [took] = yield* Effect.timed(Effect.timeoutOption(crowd, counted))
    return answered / Duration.toSeconds(took)
  })

/** Has callers come at that rate whether or not the others are served, and returns who was counted. */
export const offer = (service: Service, perSecond: number, seed: number) =>
  Effect.gen(function* () {
    const endings: Array<Ending> = []
    const callers = yield* FiberSet.make<void>()
    const beganAt = performance.now()
    const now = () => performance.now() - beganAt
    const ended = (dueAt: number, wasServed: boolean) =>
      Effect.sync(() => {
        endings.push({ dueAt, endedAt: now(), wasServed })
      })
    const call = (dueAt: number) =>
      Effect.matchEffect(statement(service), {
        onSuccess: () => ended(dueAt, true),
        onFailure: () => ended(dueAt, false)
      })
    let lookedAt = 0
    for (const dueAt of arrivals({ seed, perSecond, millis: runUp + counted })) {
      // A timer, also for who is late already: between two callers from a network the event loop
      // reads what the server has answered.
      if (dueAt > lookedAt) {
        yield* Effect.sleep(Math.max(1, dueAt - now()))
        lookedAt = now()
      }
      yield* FiberSet.run(callers, call(dueAt))
    }
    yield* FiberSet.awaitEmpty(callers)
    return endings.filter(({ endedAt }) => endedAt >= runUp && endedAt < runUp + counted)
  }).pipe(Effect.scoped)
