import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import type pg from "pg"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { FreshDatabase } from "../../src/testing/FreshDatabase.ts"
import { ask, isRunning, session } from "./ServerFixture.ts"

/** The error that a client's connection ends with. */
const lastWords = (client: pg.Client) =>
  Effect.async<string>((resume) => {
    client.once("error", (error: pg.DatabaseError) =>
      resume(Effect.succeed(error.code ?? error.message))
    )
  })

/** Begins it in a scope of its own, and answers how to close that. */
const held = <E, R>(begin: Effect.Effect<void, E, R | Scope.Scope>) =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.as(Scope.extend(begin, scope), Scope.close(scope, Exit.void))
  )

const isUp = Effect.flatMap(EmbeddedPostgres, ({ processId }) => Effect.map(processId, isRunning))

const stage = Layer.merge(FaultProxy.layerEmbedded, FreshDatabase.layerEmbedded).pipe(
  Layer.provideMerge(EmbeddedPostgres.layer())
)

layer(stage, { excludeTestServices: true })("a server that misbehaves", (it) => {
  it.scoped("frozen, lets connect and answers nobody; thawed, it answers what was asked", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      const client = yield* session(postgres.url)
      yield* postgres.freeze
      const asked = yield* Effect.fork(Effect.promise(() => client.query("select 42 as answer")))
      const opening = yield* Effect.fork(ask(postgres.url, "select 42"))
      yield* Effect.sleep("200 millis")
      assert.deepStrictEqual([asked.unsafePoll(), opening.unsafePoll()], [null, null])
      yield* postgres.thaw
      assert.strictEqual((yield* Fiber.join(asked)).rows[0]?.answer, 42)
      assert.strictEqual(yield* Fiber.join(opening), 42)
    })
  )

  it.scoped("frozen, can still be restarted and crashed", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      yield* postgres.freeze
      yield* postgres.freeze
      yield* postgres.restart("fast")
      assert.strictEqual(yield* ask(postgres.url, "select 42"), 42)
      yield* postgres.freeze
      yield* postgres.crash
      yield* postgres.freeze
      yield* postgres.thaw
      yield* postgres.start
      assert.strictEqual(yield* ask(postgres.url, "select 42"), 42)
    })
  )

  it.scoped("ends all sessions, whatever their database, in the server's words", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      const other = yield* FreshDatabase.make({ server: postgres.url })
      const sessions = yield* Effect.all([session(postgres.url), session(other.url)])
      const words = yield* Effect.forEach(sessions, (client) => Effect.fork(lastWords(client)))
      yield* Effect.yieldNow()
      assert.strictEqual(yield* postgres.killSessions, 2)
      assert.deepStrictEqual(yield* Effect.forEach(words, Fiber.join), ["57P01", "57P01"])
      assert.strictEqual(yield* postgres.killSessions, 0)
      yield* postgres.stop("fast")
      assert.strictEqual(yield* postgres.killSessions, 0)
      yield* postgres.start
    })
  )

  it.scoped("is down as long as a scope, or two of them that overlap, and then up again", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      const { inject } = postgres
      yield* Effect.scoped(
        Effect.andThen(inject({ _tag: "Restart", mode: "fast" }), Effect.map(isUp, assert.isFalse))
      )
      assert.isTrue(yield* isUp)
      const endFirst = yield* held(inject({ _tag: "Restart", mode: "immediate" }))
      const endSecond = yield* held(inject({ _tag: "Crash" }))
      yield* endFirst
      assert.isFalse(yield* isUp)
      yield* endSecond
      assert.strictEqual(yield* ask(postgres.url, "select 42"), 42)
    })
  )

  it.scoped("stands still until the last of its scopes closes", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* EmbeddedPostgres
      const client = yield* session(url)
      const endFirst = yield* held(inject({ _tag: "Freeze" }))
      const endSecond = yield* held(inject({ _tag: "Freeze" }))
      const asked = yield* Effect.fork(Effect.tryPromise(() => client.query("select 1")))
      yield* endFirst
      yield* Effect.scoped(inject({ _tag: "KillSessions" }))
      yield* Effect.sleep("100 millis")
      assert.isNull(asked.unsafePoll())
      yield* endSecond
      yield* Effect.flip(Fiber.join(asked))
      assert.strictEqual(yield* ask(url, "select 42"), 42)
    })
  )

  it.scoped("is started again even if the fault is interrupted while it stops", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* EmbeddedPostgres
      const client = yield* session(url)
      // A smart stop waits for this client.
      const stopping = yield* Effect.fork(Effect.scoped(inject({ _tag: "Restart", mode: "smart" })))
      yield* Effect.sleep("100 millis")
      const ended = yield* Effect.fork(Fiber.interrupt(stopping))
      yield* Effect.sleep("50 millis")
      yield* Effect.promise(() => client.end())
      yield* Fiber.join(ended)
      assert.strictEqual(yield* ask(url, "select 42"), 42)
    })
  )

  it.scoped("has a fresh database, and a proxy before it, by their Layers", () =>
    Effect.gen(function* () {
      const { name, url } = yield* FreshDatabase
      const proxy = yield* FaultProxy
      assert.strictEqual(yield* ask(proxy.url(url), "select current_database()"), name)
      assert.isAbove((yield* proxy.stats).bytesToClient, 0)
    })
  )
})
