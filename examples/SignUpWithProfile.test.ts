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
          const ids = new Set<string>()
          let asked = 0
          const eight = Effect.suspend(() => {
            const names = Array.from({ length: 8 }, () => `profile-${asked++}`)
            return Effect.forEach(names, signUp, { concurrency: 8 })
          }).pipe(
            Effect.tap((signedIn) => {
              for (const { user } of signedIn) ids.add(user.id)
            })
          )
          // By what has been killed, not by time: a quick machine is done before it has begun.
          yield* Effect.repeat(eight, { until: () => killed > 5 && asked >= 24 })
          yield* Fiber.interrupt(killer)
          const all = asked
          expect(ids.size).toBe(all)
          expect(yield* counts).toEqual({ users: all, profiles: all, sessions: all, events: all })
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
