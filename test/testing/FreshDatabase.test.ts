import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Scope } from "effect"
import { inject } from "vitest"
import { FreshDatabase } from "../../src/testing/FreshDatabase.ts"
import { ask, session } from "./ServerFixture.ts"

const server = () => Redacted.make(inject("postgresUrl"))

describe("a fresh database", () => {
  it.scopedLive("is empty, whatever is in the others", () =>
    Effect.gen(function* () {
      const first = yield* FreshDatabase.make({ server: server() })
      assert.strictEqual(yield* ask(first.url, "select current_database()"), first.name)
      yield* ask(first.url, "create table mine (n int)")
      yield* Effect.gen(function* () {
        const { url } = yield* FreshDatabase
        assert.strictEqual(yield* ask(url, "select to_regclass('mine')"), null)
      }).pipe(Effect.provide(FreshDatabase.layer({ server: first.url })))
    })
  )

  it.scopedLive("copies a template, and goes with its scope though somebody is still in it", () =>
    Effect.gen(function* () {
      const template = yield* FreshDatabase.make({ server: server() })
      yield* ask(template.url, "create table kept as select 42 as answer")
      const outer = yield* Effect.scope
      const name = yield* Effect.scoped(
        Effect.gen(function* () {
          const copy = yield* FreshDatabase.make({ server: server(), template: template.name })
          yield* Scope.extend(session(copy.url), outer)
          assert.strictEqual(yield* ask(copy.url, "select answer from kept"), 42)
          return copy.name
        })
      )
      const left = `select count(*)::int from pg_database where datname = '${name}'`
      assert.strictEqual(yield* ask(server(), left), 0)
    })
  )

  it.scopedLive("that can't be made says why, without the password", () =>
    Effect.gen(function* () {
      const missing = FreshDatabase.make({ server: server(), template: "nowhere" })
      const { message } = yield* Effect.flip(missing)
      assert.include(message, `template database "nowhere" does not exist`)
      const wrong = new URL(Redacted.value(server()))
      wrong.password = "not-this-one"
      const refused = yield* Effect.flip(FreshDatabase.make({ server: Redacted.make(wrong.href) }))
      assert.include(refused.message, "password authentication failed")
      assert.notInclude(refused.message, "not-this-one")
      assert.notInclude(message, new URL(inject("postgresUrl")).password)
    })
  )
})
