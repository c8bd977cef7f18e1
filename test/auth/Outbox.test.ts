import { SqlClient } from "@effect/sql"
import type { SqlError } from "@effect/sql/SqlError"
import { expect, it, layer } from "@effect/vitest"
import { Data, Deferred, Duration, Effect, Either, Layer, Redacted, Ref, TestClock } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { claim, type Look } from "../../src/auth/ClaimStatement.ts"
import type { Letter } from "../../src/auth/Letter.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox, type OutboxOptions } from "../../src/auth/Outbox.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { eventually } from "../support/Backends.ts"
import { captured, settled } from "../support/Captured.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { answerLost, scriptedClient } from "./ScriptedClient.ts"

const test = { excludeTestServices: true, timeout: "1 minute" } as const

/** Accounts whose letters are delivered like this. */
const delivering = (
  deliver: (letter: Letter) => Effect.Effect<void, unknown>,
  options?: OutboxOptions
) =>
  Accounts.layer().pipe(
    Layer.provideMerge(Outbox.layer(deliver, options)),
    Layer.provide([Throttle.off, cheapPasswords])
  )

const signUp = (name: string) =>
  Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(`${name}@example.com`)))

/** Signs people up whose letters nobody delivers. */
const leaveBehind = (names: ReadonlyArray<string>) => {
  const nobody = Layer.provide(
    Outbox.layer(() => Effect.never),
    scriptedClient(() => answerLost)
  )
  return Effect.forEach(names, signUp).pipe(
    Effect.provide(Accounts.layer().pipe(Layer.provide([nobody, Throttle.off, cheapPasswords])))
  )
}

/** The id of the letter that a look into the outbox takes. */
const takenBy = (statement: Effect.Effect<Look, SqlError>) =>
  Effect.map(statement, ({ claimed }) => claimed?.id)

const lifetimes = { proof: Duration.hours(24), reset: Duration.hours(1) }

/** How many letters wait. */
const waiting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`select id from outbox`).length
})

/** Lets so long have passed for every letter. */
const later = (interval: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      update outbox set due = due - ${interval}::interval,
        created_at = created_at - ${interval}::interval`
  )

/** What a server that is busy says. */
class Busy extends Data.TaggedError("Busy") {}

layer(TestDatabase.layer, test)("the outbox", (it) => {
  it.effect("delivers each letter once, and keeps none", () =>
    Effect.gen(function* () {
      const delivered: Array<string> = []
      const post = delivering(({ recipient }) => Effect.sync(() => void delivered.push(recipient)))
      yield* Effect.gen(function* () {
        const names = Array.from({ length: 20 }, (_, index) => `crowd-${index}`)
        yield* Effect.forEach(names, signUp, { concurrency: "unbounded" })
        yield* eventually(0, waiting)
        expect(delivered.toSorted()).toEqual(names.map((it) => `${it}@example.com`).toSorted())
      }).pipe(Effect.provide(post))
    })
  )

  it.effect("delivers each letter once also when several instances look at once", () =>
    Effect.gen(function* () {
      const delivered: Array<string> = []
      yield* Effect.provide(
        Effect.forEach(Array.from({ length: 30 }), (_, index) => signUp(`shared-${index}`)),
        delivering(() => Effect.never)
      )
      expect(yield* waiting).toBe(30)
      yield* later("2 minutes")
      const instance = delivering(({ recipient }) =>
        Effect.sync(() => void delivered.push(recipient))
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.all([Layer.build(instance), Layer.build(Layer.fresh(instance))], {
            concurrency: 2
          })
          yield* eventually(0, waiting)
        })
      )
      expect(new Set(delivered).size).toBe(30)
      expect(delivered).toHaveLength(30)
    })
  )

  it.effect("goes on behind a letter that can't be taken, and puts that one off", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = captured()
      const delivered: Array<string> = []
      const post = delivering(({ recipient }) => Effect.sync(() => void delivered.push(recipient)))
      yield* sql`
        alter table one_time_tokens
        add constraint unbearable check (email <> 'unbearable@example.com')`
      yield* leaveBehind(["unbearable", "behind-it"])
      yield* Effect.provide(eventually(1, waiting), Layer.provide(post, log.layer))
      expect(delivered).toEqual(["behind-it@example.com"])
      expect(log.lines).toContainEqual({
        level: "ERROR",
        message:
          "A letter can't be taken from the outbox, and is put off (unbearable). Compare its tables with schema.sql."
      })
      const left = yield* sql`
        delete from outbox returning attempts, due > now() + interval '10 seconds' as is_put_off`
      expect(left).toEqual([{ attempts: 1, is_put_off: true }])
      yield* sql`alter table one_time_tokens drop constraint unbearable`
    })
  )

  it.effect("tries a letter again later when its delivery fails, and says no address", () =>
    Effect.gen(function* () {
      const log = captured()
      const attempts = yield* Ref.make(0)
      const post = delivering(() =>
        Effect.flatMap(
          Ref.updateAndGet(attempts, (count) => count + 1),
          (count) => (count < 3 ? new Busy() : Effect.void)
        )
      )
      yield* Effect.gen(function* () {
        const outbox = yield* Outbox
        const sql = yield* SqlClient.SqlClient
        const pause = Effect.map(
          sql<{ seconds: number }>`
            select extract(epoch from due - now())::int as seconds from outbox`,
          ([row]) => row?.seconds ?? 0
        )
        const warned = Effect.sync(() => log.lines.filter(({ level }) => level === "WARN").length)
        yield* signUp("busy")
        for (const [index, seconds] of [30, 60].entries()) {
          // Told once it is written down: until then the row has the time of its lease.
          yield* eventually(index + 1, warned)
          expect(Math.abs((yield* pause) - seconds)).toBeLessThanOrEqual(3)
          yield* later("1 hour")
          yield* outbox.wake
        }
        yield* eventually(0, waiting)
        expect(yield* attempts).toBe(3)
      }).pipe(Effect.provide(Layer.provide(post, log.layer)))
      const warnings = log.lines.filter(({ level }) => level === "WARN")
      expect(warnings.map(({ message }) => message)).toEqual([
        "A letter (verify-email) could not be delivered; attempt 1 failed",
        "A letter (verify-email) could not be delivered; attempt 2 failed"
      ])
    })
  )

  it.effect("says in a letter how long the database takes its token for good", () =>
    Effect.gen(function* () {
      const told: Array<readonly [string, number]> = []
      const post = delivering(
        (letter) =>
          Effect.sync(() => {
            if ("token" in letter) told.push([letter._tag, Duration.toMinutes(letter.lifetime)])
          }),
        { proofLifetime: "3 hours", resetLifetime: "20 minutes" }
      )
      yield* Effect.gen(function* () {
        yield* signUp("punctual")
        const accounts = yield* Accounts
        yield* accounts.requestPasswordReset(credentials("punctual@example.com").email)
        yield* eventually(0, waiting)
      }).pipe(Effect.provide(post))
      expect(told.toSorted()).toEqual([
        ["PasswordReset", 20],
        ["VerifyEmail", 180]
      ])
      const sql = yield* SqlClient.SqlClient
      const stored = yield* sql`
        select purpose, round(extract(epoch from expires - now()) / 60)::int as minutes
        from one_time_tokens where email = 'punctual@example.com' order by purpose`
      expect(stored).toEqual([
        { purpose: "reset-password", minutes: 20 },
        { purpose: "verify-email", minutes: 180 }
      ])
    })
  )

  it.effect("gives a letter up after a day", () =>
    Effect.gen(function* () {
      const log = captured()
      yield* Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* signUp("hopeless")
        const told = Effect.sync(() => log.lines.length)
        // Told once it is written down: until then it still counts as being delivered.
        yield* eventually(1, told)
        yield* later("25 hours")
        yield* outbox.wake
        yield* eventually(2, told)
        expect(yield* waiting).toBe(0)
      }).pipe(
        Effect.provide(
          Layer.provide(
            delivering(() => new Busy()),
            log.layer
          )
        )
      )
      expect(log.lines.map(({ message }) => message)).toContain(
        "A letter (verify-email) was given up after 2 attempts"
      )
    })
  )

  it.effect("delivers what an instance that was killed had taken, under another token", () =>
    Effect.gen(function* () {
      const taken = yield* Deferred.make<Letter>()
      yield* Effect.provide(
        Effect.zipRight(signUp("killed"), Deferred.await(taken)),
        delivering((letter) => Effect.zipRight(Deferred.succeed(taken, letter), Effect.never))
      )
      const again = yield* Deferred.make<Letter>()
      const second = delivering((letter) => Effect.asVoid(Deferred.succeed(again, letter)))
      yield* later("1 minute")
      yield* Effect.gen(function* () {
        const accounts = yield* Accounts
        const letters = [yield* Deferred.await(taken), yield* Deferred.await(again)]
        const tokens = letters.flatMap((letter) =>
          "token" in letter
            ? [Either.getOrThrow(OneTimeToken.parse(Redacted.value(letter.token)))]
            : []
        )
        expect(new Set(tokens.map(Redacted.value)).size).toBe(2)
        // Both are good until one is used.
        for (const token of tokens.slice(0, 1)) yield* accounts.proveEmail(token)
        for (const token of tokens) {
          expect(yield* Effect.flip(accounts.proveEmail(token))).toMatchObject({
            _tag: "TokenInvalid"
          })
        }
      }).pipe(Effect.provide(second))
    })
  )

  it.effect("takes one letter by one claim, however often and at once its statement is run", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* leaveBehind(["claimed-a", "claimed-b", "claimed-c"])
      const first = yield* claim(sql, lifetimes)
      const once = yield* takenBy(first)
      expect(yield* takenBy(first)).toBe(once)
      const second = yield* claim(sql, lifetimes)
      const runs = yield* Effect.all(
        Array.from({ length: 10 }, () => Effect.either(takenBy(second))),
        { concurrency: "unbounded" }
      )
      const found = new Set(runs.flatMap((run) => (Either.isRight(run) ? [run.right] : [])))
      expect([...found]).toEqual([yield* takenBy(second)])
      expect(found).not.toContain(once)
      expect(yield* sql`select id from outbox where claim is not null`).toHaveLength(2)
      expect(yield* sql`delete from outbox returning id`).toHaveLength(3)
    })
  )

  it.effect("gives each letter to one of many that look at once", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* leaveBehind(Array.from({ length: 10 }, (_, index) => `wanted-${index}`))
      const look = Effect.flatMap(claim(sql, lifetimes), takenBy)
      const taken = yield* Effect.all(
        Array.from({ length: 40 }, () => look),
        { concurrency: "unbounded" }
      )
      const ids = taken.filter((id) => id !== undefined)
      expect(ids.length).toBe(new Set(ids).size)
      expect(yield* sql`delete from outbox returning id`).toHaveLength(10)
    })
  )

  it.effect("knows of none that is due, nor when, while it is empty", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`delete from outbox`
      const look = yield* Effect.flatten(claim(sql, lifetimes))
      expect(look).toEqual({ claimed: undefined, next: undefined })
    })
  )

  it.effect("has no letter of a sign-up that was rolled back", () =>
    Effect.gen(function* () {
      const delivered: Array<string> = []
      yield* Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const outbox = yield* Outbox
        const prepared = yield* accounts.prepareSignUp(credentials("undone@example.com"))
        const undone = sql.withTransaction(Effect.zipRight(prepared, new Busy()))
        expect(yield* Effect.flip(undone)).toEqual(new Busy())
        yield* outbox.wake
        yield* Effect.sleep("50 millis")
        expect(yield* waiting).toBe(0)
      }).pipe(
        Effect.provide(
          delivering(({ recipient }) => Effect.sync(() => void delivered.push(recipient)))
        )
      )
      expect(delivered).toEqual([])
    })
  )
})

it.effect("an idle outbox looks once at its start, and asks nothing afterwards", () =>
  Effect.gen(function* () {
    let statements = 0
    let letter: "none" | "due" | "claimed" = "none"
    const row = { purpose: "password-changed", recipient: "idle@example.com", attempts: 1 }
    // As the server answers; "knows of none that is due" has asked it.
    const server = scriptedClient((text) =>
      Effect.sync(() => {
        statements += 1
        if (text.includes("delete from outbox")) {
          letter = "none"
          return []
        }
        if (letter === "none") return [{ id: null, next: null }]
        const isMine = letter === "due"
        letter = "claimed"
        return [isMine ? { ...row, id: "one", next: 60 } : { id: null, next: 60 }]
      })
    )
    yield* Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* TestClock.adjust("1 day")
      expect(statements).toBe(1)
      letter = "due"
      yield* outbox.wake
      yield* TestClock.adjust("1 second")
      yield* settled
      expect(letter).toBe("none")
      const asked = statements
      yield* TestClock.adjust("1 day")
      yield* settled
      expect(statements).toBe(asked)
    }).pipe(
      Effect.provide(
        Layer.provide(
          Outbox.layer(() => Effect.void),
          server
        )
      )
    )
  })
)
