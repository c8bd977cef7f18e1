import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Stream } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import type { Situation } from "./Interruption.ts"
import { mark } from "./Mark.ts"
import type { Trial } from "./Strike.ts"

/** A piece of work, some part of which is interrupted. */
export interface Work {
  /** As a clause for the report. */
  readonly what: string
  /** What it writes: nothing, its mark, or in a savepoint also a second one. */
  readonly writes: "nothing" | "mark" | "savepoint"
  readonly run: (sql: SqlClient, trial: Trial) => Effect.Effect<unknown, SqlError>
}

export const innerId = (id: string): string => `${id} inner`

const dozing = "SELECT pg_sleep($1::float8 / 1000), $2::text AS id"

const doze = (sql: SqlClient, { id, interruption: { lasts } }: Trial) =>
  sql.unsafe(dozing, [lasts, id])

/** A transaction that makes its mark, goes on with `rest`, and says where its body ends. */
const marking = (sql: SqlClient, trial: Trial, rest: Effect.Effect<unknown, SqlError>) =>
  trial.began.pipe(
    Effect.zipRight(mark(sql, trial.id)),
    Effect.zipRight(rest),
    Effect.zipRight(trial.ended),
    sql.withTransaction
  )

/** The moment is counted from where the work says so. */
const whole =
  (work: Work["run"]): Work["run"] =>
  (sql, trial) =>
    trial.interrupt(work(sql, trial))

/** The moment is counted from its beginning or, every other time, from when it is sent. */
const fromStart =
  (work: Work["run"]): Work["run"] =>
  (sql, trial) => {
    const isFromSent = trial.interruption.number % 2 === 0
    const start = isFromSent
      ? Effect.fork(Effect.zipRight(trial.sent, trial.underWay))
      : trial.underWay
    return Effect.zipRight(start, trial.interrupt(work(sql, trial)))
  }

const statement = fromStart((sql, { ended, id }) => Effect.zipRight(ended, mark(sql, id)))

const queued: Work["run"] = (sql, trial) =>
  Effect.zipRight(
    trial.underWay,
    trial.interrupt(Effect.zipRight(trial.ended, mark(sql, trial.id)))
  )

const begin = fromStart((sql, trial) => marking(sql, trial, Effect.void))

const body: Work["run"] = (sql, trial) =>
  marking(sql, trial, Effect.zipRight(trial.underWay, doze(sql, trial)))

const pause = whole((sql, trial) =>
  marking(
    sql,
    trial,
    Effect.zipRight(trial.underWay, Effect.sleep(Duration.millis(trial.interruption.lasts)))
  )
)

const commit = whole((sql, trial) =>
  Effect.zipRight(trial.began, mark(sql, trial.id, Math.min(trial.interruption.lasts, 40))).pipe(
    Effect.zipRight(Effect.zipRight(trial.ended, trial.underWay)),
    sql.withTransaction
  )
)

const inner = (sql: SqlClient, trial: Trial) =>
  mark(sql, innerId(trial.id)).pipe(
    Effect.zipRight(trial.underWay),
    Effect.zipRight(doze(sql, trial))
  )

const nested = whole((sql, trial) => marking(sql, trial, sql.withTransaction(inner(sql, trial))))

/** Only what is in the savepoint is interrupted; the transaction around it goes on. */
const savepoint: Work["run"] = (sql, trial) =>
  Effect.zipRight(
    mark(sql, trial.id),
    trial.interrupt(sql.withTransaction(Effect.zipRight(inner(sql, trial), trial.ended)))
  ).pipe(sql.withTransaction)

const reserve = whole((sql, trial) =>
  Effect.scoped(
    Effect.flatMap(sql.reserve, (connection) =>
      Effect.zipRight(
        trial.underWay,
        connection.execute(dozing, [trial.interruption.lasts, trial.id], undefined)
      )
    )
  )
)

const stream = fromStart((sql, trial) => Stream.runDrain(doze(sql, trial).stream))

const consumer = whole((sql, { id, underWay }) =>
  Stream.runForEach(sql`SELECT generate_series(1, 2000), ${id}::text AS id`.stream, () =>
    Effect.zipRight(underWay, Effect.sleep("1 millis"))
  )
)

const replay = whole((sql, trial) => PgClient.replay(body(sql, trial)))

/** What is done in each situation. The queue is the stage's own to fill. */
export const works: Readonly<Record<Situation, Work>> = {
  statement: {
    what: "a short statement",
    writes: "mark",
    run: statement
  },
  sleep: {
    what: "a statement that sleeps",
    writes: "nothing",
    run: fromStart(doze)
  },
  begin: {
    what: "a short transaction, from before its BEGIN",
    writes: "mark",
    run: begin
  },
  body: {
    what: "a transaction, in its second statement",
    writes: "mark",
    run: whole(body)
  },
  pause: {
    what: "a transaction, between its statements",
    writes: "mark",
    run: pause
  },
  commit: {
    what: "a transaction, from its COMMIT on",
    writes: "mark",
    run: commit
  },
  nested: {
    what: "a transaction, inside a nested one",
    writes: "savepoint",
    run: nested
  },
  savepoint: {
    what: "the nested transaction alone",
    writes: "savepoint",
    run: savepoint
  },
  reserve: {
    what: "a statement on a reserved connection",
    writes: "nothing",
    run: reserve
  },
  stream: {
    what: "a stream, waiting for its first rows",
    writes: "nothing",
    run: stream
  },
  consumer: {
    what: "a stream, with a slow consumer",
    writes: "nothing",
    run: consumer
  },
  queue: {
    what: "waiting for a slot of a full pool",
    writes: "mark",
    run: queued
  },
  replay: {
    what: "a transaction that is replayed",
    writes: "mark",
    run: replay
  }
}
