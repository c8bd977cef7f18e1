import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, FastCheck, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { SecureRandom } from "../../src/auth/SecureRandom.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Pool } from "../../src/pool/Pool.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { answerLost, interposedClient } from "./ScriptedClient.ts"

const counts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`
    select (select count(*)::int from users) as users,
           (select count(*)::int from users u where exists
             (select from sessions s where s.user_id = u.id)) as "usersWithSession",
           (select count(*)::int from sessions) as sessions`
})

/** What the network does to one statement. */
type Fault = "none" | "before it arrives" | "after it took effect" | "while it goes on"

const suffering = (faults: ReadonlyArray<Fault>) => {
  const next = [...faults]
  return interposedClient((statement) =>
    Effect.suspend(() => {
      switch (next.shift() ?? "none") {
        case "none":
          return statement
        case "before it arrives":
          return answerLost
        case "after it took effect":
          return Effect.zipRight(statement, answerLost)
        case "while it goes on":
          return Effect.zipRight(Effect.forkDaemon(statement), answerLost)
      }
    })
  )
}

const accountsSuffering = (faults: ReadonlyArray<Fault>) =>
  Accounts.layer().pipe(Layer.provide(instantPasswords), Layer.provide(suffering(faults)))

const fault = FastCheck.constantFrom<Array<Fault>>(
  "before it arrives",
  "after it took effect",
  "while it goes on"
)

layer(Layer.provideMerge(Sessions.layer(), TestDatabase.layer), {
  excludeTestServices: true,
  timeout: "1 minute"
})("a sign-up whose answers are lost", (it) => {
  let signUps = 0

  it.effect.prop(
    "succeeds all the same, with one user and one session",
    [FastCheck.array(fault, { maxLength: 3 })],
    ([faults]) =>
      Effect.gen(function* () {
        const { session, sessionToken, user } = yield* Effect.flatMap(Accounts, (accounts) =>
          accounts.signUp(credentials(`lost-${signUps++}@example.com`))
        ).pipe(Effect.provide(accountsSuffering(faults)))
        expect(
          yield* Effect.flatMap(Sessions, (sessions) => sessions.validate(sessionToken))
        ).toEqual({ user, session })
        // What still goes on when the answer has come must not add anything.
        yield* Effect.sleep("20 millis")
        expect(yield* counts).toEqual([
          { users: signUps, usersWithSession: signUps, sessions: signUps }
        ])
      }),
    { fastCheck: { numRuns: 15 } }
  )

  it.effect("tells its own row from another's: who comes second is told so, whatever is lost", () =>
    Effect.gen(function* () {
      const signUp = Effect.flatMap(Accounts, (accounts) =>
        accounts.signUp(credentials("second@example.com"))
      )
      yield* Effect.provide(signUp, accountsSuffering(["after it took effect"]))
      const error = yield* signUp.pipe(
        Effect.flip,
        Effect.provide(accountsSuffering(["after it took effect", "while it goes on"]))
      )
      expect(error).toMatchObject({ _tag: "EmailTaken" })
    })
  )
})

const sameEveryTime = (round: number) => ({
  uuid: Effect.succeed(`00000000-0000-4000-8000-${String(round).padStart(12, "0")}`),
  bytes: (length: number) => Effect.succeed(new Uint8Array(length).fill(round))
})

layer(
  Accounts.layer().pipe(Layer.provide(instantPasswords), Layer.provideMerge(TestDatabase.layer)),
  { excludeTestServices: true, timeout: "1 minute" }
)("the statement of a sign-up", (it) => {
  it.effect("makes one user and one session however often it runs at the same time", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      for (let round = 1; round <= 20; round += 1) {
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () =>
            accounts.signUp(credentials(`same-${round}@example.com`))
          ),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(SecureRandom, sameEveryTime(round)))
        expect(new Set(answers.map(({ user }) => JSON.stringify(user))).size).toBe(1)
        expect(new Set(answers.map(({ session }) => JSON.stringify(session))).size).toBe(1)
        expect(yield* counts).toEqual([{ users: round, usersWithSession: round, sessions: round }])
      }
    })
  )
})

layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "a password",
  (it) => {
    it.effect("is hashed and verified while no connection is held", () =>
      Effect.gen(function* () {
        const pool = yield* Pool
        const active: Array<number> = []
        const observed = Effect.tap(pool.stats, (stats) => active.push(stats.active))
        const watching = Layer.map(instantPasswords, (context) => context).pipe(
          Layer.project(Passwords, Passwords, ({ hash, verify }) => ({
            hash: (password) => Effect.zipRight(observed, hash(password)),
            verify: (password, stored) => Effect.zipRight(observed, verify(password, stored))
          }))
        )
        yield* Effect.gen(function* () {
          const accounts = yield* Accounts
          yield* accounts.signUp(credentials("held@example.com"))
          yield* accounts.signIn(credentials("held@example.com"))
        }).pipe(Effect.provide(Accounts.layer().pipe(Layer.provide(watching))))
        expect(active).toEqual([0, 0])
      })
    )
  }
)
