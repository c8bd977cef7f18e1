import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Duration, Effect, Exit, Option, Predicate, Queue, type Scope } from "effect"
import { MailRefused } from "../mail/Mailer.ts"
import { PgError } from "../sql/failure/PgError.ts"
import { beginCountingLetters, countLetter } from "./AuthMetrics.ts"
import { type ClaimedLetter, claim, LEASE, type TokenLifetimes } from "./ClaimStatement.ts"
import { makeUntilAnswered, type UntilAnswered } from "./IdempotentStatement.ts"
import type { Letter } from "./Letter.ts"

/** What delivers the letters of an outbox. */
export interface PostmanOptions {
  readonly sql: SqlClient
  readonly deliver: (letter: Letter) => Effect.Effect<void, unknown>
  /** Something may be due. */
  readonly wakeUps: Queue.Queue<void>
  readonly concurrency: number
  readonly lifetimes: TokenLifetimes
}

/** Half the lease, so that nobody else takes a letter that is still under way. */
const DELIVERY_DEADLINE = Duration.times(LEASE, 0.5)

const FIRST_PAUSE = 30
const LONGEST_PAUSE = 3600

/** After which a letter is given up: a mailbox that has been away for a day won't be missed. */
const GIVE_UP_AFTER = "1 day"

/** How long to leave a database alone that did not answer, and a letter that somebody else has. */
const PATIENCE = Duration.seconds(30)
const again = Option.some(PATIENCE)
const SHORTEST_WAIT = Duration.seconds(1)
const soon = Option.some(SHORTEST_WAIT)

/** Delivers letters in the background until its scope closes. Looks once, then whenever woken. */
export const makePostman = (options: PostmanOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { concurrency, deliver, lifetimes, sql, wakeUps } = options
    const answered = (yield* makeUntilAnswered)("10 seconds")
    yield* beginCountingLetters
    const hands = yield* Effect.makeSemaphore(concurrency)
    const scope = yield* Effect.scope

    const outcome = (letter: ClaimedLetter) =>
      Effect.exit(Effect.timeout(deliver(letter.letter), DELIVERY_DEADLINE)).pipe(
        Effect.flatMap((exit) =>
          Exit.isSuccess(exit)
            ? Effect.zipRight(
                countLetter(letter.purpose, "delivered"),
                answered(delivered(sql, letter))
              )
            : Effect.flatMap(answered(postponed(sql, letter, isFinal(exit))), (isGivenUp) =>
                Effect.zipRight(
                  countLetter(letter.purpose, isGivenUp ? "given-up" : "failed"),
                  report(letter, isGivenUp, reasonOf(exit))
                )
              )
        ),
        // The lease brings it back: better twice than never.
        Effect.catchTag("DatabaseUnavailable", () =>
          Effect.logDebug("A letter's fate could not be written down")
        ),
        Effect.catchAllDefect((defect) =>
          Effect.logError("A letter's fate can't be written down", Cause.die(defect))
        ),
        // There may be a timer for its lease, which nothing needs any more.
        Effect.zipRight(Queue.offer(wakeUps, undefined))
      )

    const look = Effect.gen(function* () {
      const taken = yield* claim(sql, lifetimes)
      const found = yield* answered(Effect.catchIf(taken, isRefused, Effect.succeed))
      if (found instanceof PgError) return yield* putOff(sql, answered, found)
      const { claimed, next } = found
      if (claimed === undefined) return Option.some(next ?? Duration.infinity)
      yield* Effect.forkIn(Effect.ensuring(outcome(claimed), hands.release(1)), scope)
      return Option.none<Duration.Duration>()
    }).pipe(
      Effect.catchTag("DatabaseUnavailable", () =>
        Effect.as(Effect.logDebug("The outbox could not be looked into"), again)
      ),
      Effect.catchAllDefect((defect) =>
        Effect.as(Effect.logError("The outbox can't be looked into", Cause.die(defect)), again)
      )
    )

    const step = Effect.gen(function* () {
      yield* hands.take(1)
      const wait = yield* look
      if (Option.isNone(wait)) return
      yield* hands.release(1)
      const woken = Queue.take(wakeUps)
      yield* Duration.isFinite(wait.value)
        ? Effect.raceFirst(woken, Effect.sleep(Duration.max(wait.value, SHORTEST_WAIT)))
        : woken
    })
    yield* Effect.forkIn(Effect.forever(step), scope)
  })

const delivered = (sql: SqlClient, { claim: claimedBy, id }: ClaimedLetter) =>
  sql`delete from outbox where id = ${id} and claim = ${claimedBy}`

/** The tables don't take what a letter needs: no fault that passes, and none of the letters behind it. */
const isRefused = (error: SqlError): error is PgError =>
  error instanceof PgError && error.reason._tag === "ConstraintError"

/** A letter that can't be taken, and how often that was found. */
interface Refused {
  readonly id: string
  readonly attempts: number
}

const firstDue = (sql: SqlClient) =>
  sql<Refused>`
  select id, attempts from outbox where due <= now() order by due limit 1`.withoutTransform

/** Once for each time that it was found, however often it is run. */
const setAside = (sql: SqlClient, { attempts, id }: Refused) => {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempts, 10))
  return sql`
    update outbox set attempts = attempts + 1, due = now() + make_interval(secs => ${pause})
    where id = ${id} and attempts = ${attempts}`
}

/** Puts the letter off that is due first, so that those behind it go on. */
const putOff = (
  sql: SqlClient,
  answered: ReturnType<UntilAnswered>,
  { reason: { _tag, constraint = _tag } }: PgError
) =>
  Effect.gen(function* () {
    const [letter] = yield* answered(firstDue(sql))
    if (letter !== undefined) yield* answered(setAside(sql, letter))
    yield* Effect.logError(
      `A letter can't be taken from the outbox, and is put off (${constraint}). Compare its tables with schema.sql.`
    )
    return soon
  })

/** The mail server has refused this very letter, and would do so again. */
const isFinal = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  Option.exists(
    Cause.failureOption(exit.cause),
    (error) => Predicate.hasProperty(error, "isRetryable") && error.isRetryable === false
  )

/** Whether it was given up. */
const postponed = (
  sql: SqlClient,
  { attempts, claim: claimedBy, id }: ClaimedLetter,
  isFinal: boolean
) => {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempts - 1, 10))
  const isLate = sql`(${isFinal}::boolean or created_at < now() - ${GIVE_UP_AFTER}::interval)`
  return Effect.map(
    sql`
      with gone as (
        delete from outbox where id = ${id} and claim = ${claimedBy} and ${isLate} returning id
      ), later as (
        update outbox set due = now() + make_interval(secs => ${pause})
        where id = ${id} and claim = ${claimedBy} and not ${isLate}
      )
      select id from gone`,
    (rows) => rows.length > 0
  )
}

/** What may be told of why: of another error than a mailer's it is not known whom its words name. */
const reasonOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Option.match(Exit.causeOption(exit).pipe(Option.flatMap(Cause.failureOption)), {
    onNone: () => "",
    onSome: (error) => (error instanceof MailRefused ? `: ${error.message}` : "")
  })

/** Not the recipient, nor anything of the letter. */
const report = ({ attempts, purpose }: ClaimedLetter, isGivenUp: boolean, reason: string) =>
  isGivenUp
    ? Effect.logError(
        `A letter (${purpose}) was given up after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}${reason}`
      )
    : Effect.logWarning(
        `A letter (${purpose}) could not be delivered; attempt ${attempts} failed${reason}`
      )
