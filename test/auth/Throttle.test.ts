import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Context, Effect, Either, Layer, Option } from "effect"
import { admit as admitStatement } from "../../src/auth/AdmitStatement.ts"
import { Throttled } from "../../src/auth/AuthError.ts"
import type { Requester } from "../../src/auth/Requester.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import {
  type Attempt,
  atAccount,
  defaultLimits,
  from,
  toMailbox
} from "../../src/auth/ThrottleLimits.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { credentials } from "./Credentials.ts"
import { requester } from "./Requesters.ts"

/** So slow to recover that a busy machine changes no count. */
const instance = Throttle.layer({
  signInFrom: { burst: 30, per: "30 hours" },
  signUpFrom: { burst: 10, per: "10 hours" },
  mailFrom: { burst: 5, per: "5 hours" },
  account: { free: 5, first: "1 hour", longest: "900 hours" }
})

const stage = Layer.provideMerge(instance, TestDatabase.layer)

const { email } = credentials("someone@example.com")

const admit = (...attempts: ReadonlyArray<Attempt>) =>
  Effect.flatMap(Throttle, (throttle) => Effect.either(throttle.admit(attempts)))

/** How many of so many attempts at once pass. */
const passing = (number: number, ...attempts: ReadonlyArray<Attempt>) =>
  Effect.map(
    Effect.all(
      Array.from({ length: number }, () => admit(...attempts)),
      { concurrency: "unbounded" }
    ),
    (answers) => answers.filter(Either.isRight).length
  )

/** Lets so many seconds have passed since every attempt. */
const later = (seconds: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`update throttles set free_at = free_at - make_interval(secs => ${seconds})`
  )

const waitOf = (answer: Either.Either<void, unknown>) =>
  Either.isLeft(answer) && answer.left instanceof Throttled ? answer.left.retryAfterSeconds : 0

const hours = (answer: Either.Either<void, unknown>) => Math.ceil(waitOf(answer) / 3600)

const nobody: Requester = { address: Option.none(), userAgent: Option.none() }

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("a limit of a rate", (it) => {
  it.effect("lets exactly its burst pass, however many try at once", () =>
    Effect.gen(function* () {
      expect(yield* passing(100, ...from("signInFrom", requester(1)))).toBe(30)
      expect(yield* passing(100, ...from("signUpFrom", requester(1)))).toBe(10)
    })
  )

  it.effect("lets one more pass after its interval, and says when", () =>
    Effect.gen(function* () {
      const attempts = from("mailFrom", requester(2))
      expect(yield* passing(5, ...attempts)).toBe(5)
      expect(hours(yield* admit(...attempts))).toBe(1)
      yield* later(3_500)
      expect(waitOf(yield* admit(...attempts))).toBeLessThanOrEqual(100)
      yield* later(100)
      expect(yield* passing(3, ...attempts)).toBe(1)
    })
  )

  it.effect("has its whole burst again after a pause, and never more", () =>
    Effect.gen(function* () {
      const attempts = from("mailFrom", requester(3))
      expect(yield* passing(5, ...attempts)).toBe(5)
      yield* later(864_000)
      expect(yield* passing(20, ...attempts)).toBe(5)
    })
  )

  it.effect("is one for everyone whose address is unknown, and another for each that is", () =>
    Effect.gen(function* () {
      expect(yield* passing(20, ...from("mailFrom", nobody))).toBe(5)
      expect(yield* passing(20, ...from("mailFrom", requester(4)))).toBe(5)
      expect(yield* passing(20, ...from("signUpFrom", requester(4)))).toBe(10)
    })
  )

  it.effect("does not hold for calls that no request has caused", () =>
    Effect.gen(function* () {
      expect(from("signUpFrom", undefined)).toEqual([])
      expect(yield* passing(50)).toBe(50)
    })
  )
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("a limit of an account", (it) => {
  it.effect("lets exactly five pass, however many try at once", () =>
    Effect.map(passing(100, atAccount(email)), (passed) => expect(passed).toBe(5))
  )

  it.effect("then doubles its pause with every attempt, from the first to the longest", () =>
    Effect.gen(function* () {
      const attempt = atAccount(credentials("patient@example.com").email)
      expect(yield* passing(5, attempt)).toBe(5)
      for (const pause of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]) {
        expect(hours(yield* admit(attempt))).toBe(pause)
        yield* later(pause * 3600)
        expect(Either.isRight(yield* admit(attempt))).toBe(true)
      }
    })
  )

  it.effect("is forgotten after a day without attempts", () =>
    Effect.gen(function* () {
      const attempt = atAccount(credentials("forgotten@example.com").email)
      expect(yield* passing(10, attempt)).toBe(5)
      yield* later(86_400 + 3_600)
      expect(yield* passing(10, attempt)).toBe(5)
    })
  )

  it.effect("is not reached by what the address of whoever tries may not try any more", () =>
    Effect.gen(function* () {
      const attempts = [...from("mailFrom", requester(9)), atAccount(credentials("a@b.de").email)]
      expect(yield* passing(50, ...from("mailFrom", requester(9)))).toBe(5)
      expect(yield* passing(50, ...attempts)).toBe(0)
      expect(yield* passing(50, atAccount(credentials("a@b.de").email))).toBe(5)
    })
  )

  it.effect("counts against the address what it refuses: one may not ask on and on", () =>
    Effect.gen(function* () {
      const paused = atAccount(credentials("polled@example.com").email)
      const attempts = [...from("signInFrom", requester(10)), paused]
      expect(yield* passing(5, ...attempts)).toBe(5)
      expect(yield* passing(25, ...attempts)).toBe(0)
      expect(yield* passing(5, ...from("signInFrom", requester(10)))).toBe(0)
      expect(yield* passing(5, ...from("signInFrom", requester(11)))).toBe(5)
    })
  )

  it.effect("tells who is refused by it alone how long it pauses, and counts no letter", () =>
    Effect.gen(function* () {
      const { email: mailbox } = credentials("unwritten@example.com")
      const paused = atAccount(credentials("paused@example.com").email)
      expect(yield* passing(5, paused)).toBe(5)
      const attempts = [...from("signInFrom", requester(12)), toMailbox(mailbox), paused]
      for (const _ of Array.from({ length: 9 })) expect(hours(yield* admit(...attempts))).toBe(1)
      expect(yield* passing(9, toMailbox(mailbox))).toBe(5)
    })
  )

  it.effect("can't be waited for in a circle: limits in any order, at once, all end", () =>
    Effect.gen(function* () {
      const attempts = [atAccount(email), toMailbox(email), ...from("mailFrom", requester(5))]
      const answers = yield* Effect.all(
        Array.from({ length: 60 }, (_, index) =>
          admit(...(index % 2 === 0 ? attempts : attempts.toReversed()))
        ),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) {
        if (Either.isLeft(answer)) expect(answer.left).toBeInstanceOf(Throttled)
      }
    })
  )
})

layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "a limit at several instances",
  (it) => {
    it.scoped("lets exactly as many pass as at one, however many try at each at once", () =>
      Effect.gen(function* () {
        const another = Effect.map(Layer.build(Layer.fresh(instance)), Context.get(Throttle))
        const [one, other] = yield* Effect.all([another, another])
        for (const [attempt, most] of [
          [from("signInFrom", requester(1)), 30],
          [[atAccount(email)], 5]
        ] as const) {
          const answers = yield* Effect.all(
            Array.from({ length: 50 }, () => [one, other])
              .flat()
              .map(({ admit }) => Effect.either(admit(attempt))),
            { concurrency: "unbounded" }
          )
          expect(answers.filter(Either.isRight)).toHaveLength(most)
        }
      })
    )
  }
)

layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "the statement of the limits",
  (it) => {
    const run = (id: string) =>
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        admitStatement(sql, defaultLimits, [toMailbox(email), atAccount(email)], id)
      )

    const counts = Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`select count from throttles order by count`
    )

    it.effect("counts once, however often it is run with the same id, one by one or at once", () =>
      Effect.gen(function* () {
        const first = crypto.randomUUID()
        expect(yield* run(first)).toBe(0)
        expect(yield* run(first)).toBe(0)
        expect(yield* counts).toEqual([{ count: 1 }, { count: 1 }])
        const second = crypto.randomUUID()
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => run(second)),
          { concurrency: "unbounded" }
        )
        expect(new Set(answers)).toEqual(new Set([0]))
        expect(yield* counts).toEqual([{ count: 2 }, { count: 2 }])
      })
    )

    it.effect("writes nothing when it refuses", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const attempts = [toMailbox(email), ...from("mailFrom", requester(78)), atAccount(email)]
        const versions = sql`select key, ctid::text, xmin::text, xmax::text from throttles order by key`
        const admitted = () => admitStatement(sql, defaultLimits, attempts, crypto.randomUUID())
        while ((yield* admitted()) === 0);
        const before = yield* versions
        expect(yield* admitted()).toBeGreaterThan(0)
        expect(before.length).toBeGreaterThanOrEqual(attempts.length)
        expect(yield* versions).toEqual(before)
      })
    )

    it.effect("stores no address", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* admitStatement(
          sql,
          defaultLimits,
          from("mailFrom", requester(77)),
          crypto.randomUUID()
        )
        const rows = yield* sql`select t::text as everything from throttles t`
        expect(JSON.stringify(rows)).not.toMatch(/198\.51|someone/)
        expect(rows.length).toBeGreaterThan(0)
      })
    )
  }
)

layer(
  Layer.provideMerge(
    Throttle.layer({ account: { free: 1, first: "1 minute", longest: "1 hour" } }),
    TestDatabase.layer
  ),
  { excludeTestServices: true, timeout: "1 minute" }
)("a limit that is configured", (it) => {
  it.effect("holds instead of the default, and the others stay", () =>
    Effect.gen(function* () {
      expect(yield* passing(10, atAccount(email))).toBe(1)
      expect(waitOf(yield* admit(atAccount(email)))).toBe(60)
      expect(yield* passing(20, ...from("signUpFrom", requester(1)))).toBe(10)
    })
  )
})

layer(Throttle.off)("throttling that is off", (it) => {
  it.effect("lets everything pass and needs no database", () =>
    Effect.map(passing(1000, atAccount(email)), (passed) => expect(passed).toBe(1000))
  )
})
