import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { answerLost, type Execute, scriptedClient, serverError } from "./ScriptedClient.ts"

const row = {
  user_id: "00000000-0000-4000-8000-000000000001",
  email: "later@example.com",
  email_verified: null,
  created_at: new Date(0),
  updated_at: new Date(0),
  session_id: "00000000-0000-4000-8000-000000000002",
  expires: new Date(86_400_000)
}

const accountsWith = (execute: Execute) =>
  accountsAlone.pipe(Layer.provide(instantPasswords), Layer.provide(scriptedClient(execute)))

const signUp = Effect.flatMap(Accounts, (accounts) =>
  accounts.signUp(credentials("later@example.com"))
)

describe("a sign-up while the database is away", () => {
  it.effect("goes on with the same ids until its deadline of 30 s, and is then unavailable", () =>
    Effect.gen(function* () {
      const runs: Array<string> = []
      const away = accountsWith((_, values) =>
        Effect.suspend(() => {
          runs.push(JSON.stringify(values))
          return answerLost
        })
      )
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(signUp, away)))
      yield* TestClock.adjust("29999 millis")
      expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(fiber)).toMatchObject({
        _tag: "DatabaseUnavailable",
        retryAfterSeconds: 1
      })
      expect(runs.length).toBeGreaterThan(45)
      expect(new Set(runs).size).toBe(1)
    })
  )

  it.effect("succeeds within a second of its return, after 28 s", () =>
    Effect.gen(function* () {
      let isBack = false
      const away = accountsWith(() =>
        Effect.suspend(() => (isBack ? Effect.succeed([row]) : answerLost))
      )
      const fiber = yield* Effect.fork(Effect.provide(signUp, away))
      yield* TestClock.adjust(Duration.seconds(28))
      isBack = true
      yield* TestClock.adjust(Duration.seconds(1))
      expect(yield* Fiber.join(fiber)).toMatchObject({ user: { email: "later@example.com" } })
    })
  )
})

describe("a sign-up that meets its own row under another key", () => {
  const collision = (constraint: string) => serverError("23505", { constraint })

  it.effect.each(["users_pkey", "sessions_pkey", "sessions_token_digest_key"])(
    "is run again: %s",
    (constraint) =>
      Effect.gen(function* () {
        let runs = 0
        const racing = accountsWith(() =>
          Effect.suspend(() => (runs++ === 0 ? collision(constraint) : Effect.succeed([row])))
        )
        yield* Effect.provide(signUp, racing)
        expect(runs).toBe(2)
      })
  )

  it.effect("is not run for ever: a key that is always taken is a defect", () =>
    Effect.gen(function* () {
      let runs = 0
      const stuck = accountsWith(() =>
        Effect.suspend(() => {
          runs += 1
          return collision("users_pkey")
        })
      )
      const cause = yield* Effect.sandbox(Effect.provide(signUp, stuck)).pipe(Effect.flip)
      expect(Cause.pretty(cause)).toMatch(/UniqueViolation: users_pkey/)
      expect(runs).toBe(4)
    })
  )
})
