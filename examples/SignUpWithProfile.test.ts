import { expect, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schema } from "effect"
import { PgClient } from "holdfast"
import { Email, Password } from "holdfast/auth"
import { killBackends } from "../test/support/Backends.ts"
import { Direct } from "../test/support/Direct.ts"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { accounts, profiles, signUpWithProfile } from "./SignUpWithProfile.ts"

const stage = accounts.pipe(
  Layer.provideMerge(
    Layer.merge(TestDatabase.layer, Layer.provide(Direct.layer, TestDatabase.layer))
  )
)

const credentials = (name: string) => ({
  email: Schema.decodeSync(Email)(`${name}@example.com`),
  password: Password.make(Redacted.make("TestPass123"))
})

const signUp = (name: string) => signUpWithProfile(credentials(name), { displayName: name })

/** How many users there are, with and without each of what belongs to them. */
const counts = Effect.gen(function* () {
  const sql = yield* Direct
  const [row] = yield* sql`
    select count(*)::int as users, count(p.user_id)::int as profiles,
           (select count(*)::int from sessions) as sessions,
           (select count(*)::int from audit_events where kind = 'sign-up') as events
    from users u left join profiles p on p.user_id = u.id`
  return row
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })(
  "a sign-up with a profile",
  (it) => {
    it.effect(
      "is there as a whole or not at all, also when backends are killed again and again",
      () =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* sql.unsafe(profiles)
          let killed = 0
          const killing = killBackends.pipe(
            Effect.tap((pids) => Effect.sync(() => (killed += pids.length))),
            Effect.zipRight(Effect.sleep("150 millis")),
            Effect.forever
          )
          const killer = yield* Effect.fork(killing)
          const names = Array.from({ length: 24 }, (_, index) => `profile-${index}`)
          const signedIn = yield* Effect.forEach(names, signUp, { concurrency: 8 })
          yield* Fiber.interrupt(killer)
          expect(killed).toBeGreaterThan(5)
          expect(new Set(signedIn.map(({ user }) => user.id)).size).toBe(24)
          expect(yield* counts).toEqual({ users: 24, profiles: 24, sessions: 24, events: 24 })
        })
    )

    it.effect("of a taken address changes nothing", () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* sql.unsafe(profiles)
        yield* signUp("taken")
        const before = yield* counts
        expect(yield* Effect.flip(signUp("taken"))).toMatchObject({ _tag: "EmailTaken" })
        expect(yield* counts).toEqual(before)
      })
    )
  }
)
