import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Duration, Effect, Exit, Option, Random, Stream } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"

/** How statements went that nobody had interrupted. */
export interface Innocence {
  answered: number
  /** Ended by somebody else's cancel (57014). */
  cancelled: number
  /** Answered with somebody else's rows, or with none. */
  wrong: number
  failed: number
  /** What the first of them were told. */
  readonly messages: Array<string>
}

export const newInnocence = (): Innocence => ({
  answered: 0,
  cancelled: 0,
  wrong: 0,
  failed: 0,
  messages: []
})

/** Everybody asks for a token that nobody else asks for. */
interface Question {
  readonly sql: SqlClient
  readonly token: number
  readonly sleep: number
}

type Answers = Effect.Effect<ReadonlyArray<object>, SqlError>

const statement = ({ sleep, sql, token }: Question): Answers =>
  sql`SELECT pg_sleep(${sleep}), ${token}::int AS token`

const transaction = ({ sql, token }: Question): Answers =>
  sql.withTransaction(Effect.zipRight(sql`SELECT 1`, sql`SELECT ${token}::int AS token`))

const stream = ({ sql, token }: Question): Answers =>
  Effect.map(
    Stream.runCollect(sql`SELECT n, ${token}::int AS token FROM generate_series(1, 3) n`.stream),
    (rows) => [...rows]
  )

const questions = [
  { kind: "statement", ask: statement, rows: 1 },
  { kind: "transaction", ask: transaction, rows: 1 },
  { kind: "stream", ask: stream, rows: 3 }
] as const

const isCancelled = (cause: Cause.Cause<SqlError>): boolean =>
  Option.exists(
    Option.flatMap(Cause.failureOption(cause), PgError.of),
    ({ sqlState }) => sqlState === "57014"
  )

const note = (innocence: Innocence, exit: Exit.Exit<boolean, SqlError>, kind: string): void => {
  if (Exit.isSuccess(exit)) {
    innocence[exit.value ? "answered" : "wrong"] += 1
  } else if (isCancelled(exit.cause)) {
    innocence.cancelled += 1
  } else {
    innocence.failed += 1
    if (innocence.messages.length < 5) {
      innocence.messages.push(`innocent ${kind}: ${Cause.pretty(exit.cause).split("\n")[0]}`)
    }
  }
}

let tokens = 0

/**
 * Asks something, and judges the answer. Where the network loses answers, what only reads may be
 * replayed; elsewhere it must succeed at the first try.
 */
export const askInnocently = (
  sql: SqlClient,
  innocence: Innocence,
  isReplayed: boolean,
  sleep = 0.002
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const token = ++tokens
    const { ask, kind, rows } = questions[token % questions.length] ?? questions[0]
    const asked = Effect.map(
      ask({ sql, token, sleep }),
      (answer) =>
        answer.length === rows && answer.every((row) => Reflect.get(row, "token") === token)
    )
    const run = isReplayed ? PgClient.replay(asked, { idempotent: true }) : asked
    return Effect.map(Effect.exit(run), (exit) => note(innocence, exit, kind))
  })

/** Asks again and again, with a breath between, for as long as it is told to go on. */
export const beInnocent = (ask: Effect.Effect<void>, goesOn: () => boolean): Effect.Effect<void> =>
  ask.pipe(
    Effect.zipRight(Random.nextIntBetween(1, 10)),
    Effect.flatMap((millis) => Effect.sleep(Duration.millis(millis))),
    Effect.repeat({ while: goesOn })
  )
