import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, FastCheck, Layer, Struct } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import type { UserSession } from "../../src/auth/UserSession.ts"
import { Pool } from "../../src/pool/Pool.ts"
import { SecureRandom } from "../../src/runtime/SecureRandom.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { interposedClient } from "./ScriptedClient.ts"
import { statementFaults } from "./StatementFault.ts"

/** The ids that the database has for an address: of its users, and of their sessions. */
const idsOf = (email: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return {
      users: yield* sql`select id from users where email = ${email}`,
      sessions: yield* sql`
        select s.id from sessions s join users u on u.id = s.user_id where u.email = ${email}`
    }
  })

const oneOfEach = ({ session, user }: UserSession) => ({
  users: [{ id: user.id }],
  sessions: [{ id: session.id }]
})

/** What the network does to one statement. */
type Fault = "none" | keyof typeof statementFaults

/** Accounts whose statements suffer these in turn, and the end of what then still goes on. */
const suffering = (faults: ReadonlyArray<Fault>) => {
  const next = [...faults]
  const goingOn: Array<Effect.Effect<unknown>> = []
  const client = interposedClient((statement) =>
    Effect.suspend(() => {
      const fault = next.shift() ?? "none"
      if (fault === "none") return statement
      const [run, rest] = statementFaults[fault](statement)
      goingOn.push(rest)
      return run
    })
  )
  return {
    accounts: accountsAlone.pipe(Layer.provide(instantPasswords), Layer.provide(client)),
    ended: Effect.suspend(() => Effect.all(goingOn, { discard: true }))
  }
}

const fault = FastCheck.constantFrom(...Struct.keys(statementFaults))

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
        const { accounts, ended } = suffering(faults)
        const { session, sessionToken, user } = yield* Effect.flatMap(Accounts, ({ signUp }) =>
          signUp(credentials(`lost-${signUps++}@example.com`))
        ).pipe(Effect.provide(accounts))
        expect(
          yield* Effect.flatMap(Sessions, (sessions) => sessions.validate(sessionToken))
        ).toEqual({ user, session })
        // What still goes on when the answer has come must not add anything.
        yield* ended
        expect(yield* idsOf(user.email)).toEqual(oneOfEach({ user, session }))
      }),
    { fastCheck: { numRuns: 15 } }
  )

  it.effect(
    "is followed by sign-ins that begin one session each, whose answers are lost as well",
    () =>
      Effect.gen(function* () {
        const known = credentials("returning@example.com")
        const { accounts, ended } = suffering([
          "none",
          "after it took effect",
          "none",
          "before it arrives",
          "while it goes on",
          "after it took effect"
        ])
        const { session, sessionToken, user } = yield* Effect.gen(function* () {
          const { signIn, signUp } = yield* Accounts
          yield* signUp(known)
          return yield* signIn(known)
        }).pipe(Effect.provide(accounts))
        const sessions = yield* Sessions
        expect(yield* sessions.validate(sessionToken)).toEqual({ user, session })
        yield* ended
        const sql = yield* SqlClient.SqlClient
        expect(yield* sql`select 1 from sessions where user_id = ${user.id}`).toHaveLength(2)
      })
  )

  it.effect("tells its own row from another's: who comes second is told so, whatever is lost", () =>
    Effect.gen(function* () {
      const signUp = Effect.flatMap(Accounts, (accounts) =>
        accounts.signUp(credentials("second@example.com"))
      )
      yield* Effect.provide(signUp, suffering(["after it took effect"]).accounts)
      const error = yield* signUp.pipe(
        Effect.flip,
        Effect.provide(suffering(["after it took effect", "while it goes on"]).accounts)
      )
      expect(error).toMatchObject({ _tag: "EmailTaken" })
    })
  )
})

const sameEveryTime = (round: number) => ({
  uuid: Effect.succeed(`00000000-0000-4000-8000-${String(round).padStart(12, "0")}`),
  bytes: (length: number) => Effect.succeed(new Uint8Array(length).fill(round))
})

layer(accountsAlone.pipe(Layer.provide(instantPasswords), Layer.provideMerge(TestDatabase.layer)), {
  excludeTestServices: true,
  timeout: "1 minute"
})("the statement of a sign-up", (it) => {
  it.effect("makes one user and one session however often it runs at the same time", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      for (let round = 1; round <= 20; round += 1) {
        const { email, password } = credentials(`same-${round}@example.com`)
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => accounts.signUp({ email, password })),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(SecureRandom, sameEveryTime(round)))
        const stored = yield* idsOf(email)
        for (const answer of answers) expect(oneOfEach(answer)).toEqual(stored)
      }
    })
  )
})

/** Makes the server pause between writing a user's entry in users_pkey and in users_email_key. */
const widened = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`
    create function pause(text) returns text language plpgsql immutable as
      $$ begin perform pg_sleep(0.05); return $1; end $$;
    create index users_pause_idx on users (pause(email));
    alter table users drop constraint users_email_key;
    alter table users add constraint users_email_key unique (email)`)
})

layer(accountsAlone.pipe(Layer.provide(instantPasswords), Layer.provideMerge(TestDatabase.layer)), {
  excludeTestServices: true,
  timeout: "1 minute"
})("a sign-up that meets its own earlier run half-way", (it) => {
  it.effect("under users_pkey, where ON CONFLICT does not look, still finds its own user", () =>
    Effect.gen(function* () {
      yield* widened
      const accounts = yield* Accounts
      const { email, password } = credentials("half-way@example.com")
      const answers = yield* Effect.all(
        Array.from({ length: 5 }, () => accounts.signUp({ email, password })),
        { concurrency: "unbounded" }
      ).pipe(Effect.provideService(SecureRandom, sameEveryTime(1)))
      const stored = yield* idsOf(email)
      for (const answer of answers) expect(oneOfEach(answer)).toEqual(stored)
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
        }).pipe(Effect.provide(accountsAlone.pipe(Layer.provide(watching))))
        expect(active).toEqual([0, 0])
      })
    )
  }
)
