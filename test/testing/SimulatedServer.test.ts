import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import type { Loss } from "../../src/pool/Connection.ts"
import type { SimulatedFault } from "../../src/testing/Fault.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"

/** A session, and what it was told of its end. */
const dial = (server: SimulatedServer) =>
  Effect.gen(function* () {
    const losses: Array<Loss> = []
    const connection = yield* server.connector.connect((loss) => losses.push(loss))
    return { ...connection, losses }
  })

/** Every fiber has gone as far as it can without time passing. */
const settled = TestClock.adjust(0)

/** How an effect stands now: still under way, or ended with a message or without one. */
const standing = (fiber: Fiber.Fiber<unknown, { readonly message: string }>) =>
  Effect.gen(function* () {
    if (Option.isNone(yield* fiber.poll)) return "under way"
    return yield* Fiber.join(fiber).pipe(
      Effect.as("well"),
      Effect.catchAll(({ message }) => Effect.succeed(message))
    )
  })

/** The same, of something that is begun here. */
const begun = (effect: Effect.Effect<unknown, { readonly message: string }>) =>
  Effect.map(Effect.zipLeft(Effect.fork(effect), settled), (fiber) => ({
    standing: standing(fiber)
  }))

const held = (server: SimulatedServer, fault: SimulatedFault) =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.as(Scope.extend(server.inject(fault), scope), Scope.close(scope, Exit.void))
  )

describe("a simulated server", () => {
  it.effect("takes the time it is told to, and twice the latency of the network", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      server.connectTime = Duration.millis(30)
      server.trip = Duration.millis(5)
      const opening = yield* begun(dial(server))
      yield* TestClock.adjust("29 millis")
      assert.strictEqual(yield* opening.standing, "under way")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* opening.standing, "well")
      server.connectTime = Duration.zero
      const { request } = yield* dial(server)
      const end = yield* held(server, { _tag: "Latency", each: "10 millis" })
      const slow = yield* begun(request)
      yield* end
      const quick = yield* begun(request)
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* quick.standing, "well")
      yield* TestClock.adjust("19 millis")
      assert.strictEqual(yield* slow.standing, "under way")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* slow.standing, "well")
    })
  )

  it.effect.each([
    { how: "close", says: "the server closed the connection" },
    { how: "terminate", says: "57P01: terminating connection due to administrator command" },
    { how: "reset", says: "ECONNRESET: reset by peer" }
  ] as const)("ends sessions by $how, tells their clients once, and takes new ones", (fault) =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      const { isUsable, losses, request } = yield* dial(server)
      yield* Effect.scoped(server.inject({ _tag: "Drop", how: fault.how }))
      yield* Effect.scoped(server.inject({ _tag: "Drop", how: fault.how }))
      assert.deepStrictEqual(losses, [{ message: fault.says, provesRestart: false }])
      assert.isFalse(isUsable())
      assert.strictEqual((yield* Effect.flip(request)).message, fault.says)
      yield* (yield* dial(server)).request
    })
  )

  it.effect("forgets sessions, of which clients learn when they ask", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      server.maxConnections = 1
      const { isUsable, losses, validate } = yield* dial(server)
      yield* Effect.scoped(server.inject({ _tag: "Drop", how: "forget" }))
      assert.isTrue(isUsable())
      yield* dial(server)
      assert.strictEqual((yield* Effect.flip(validate)).message, "ECONNRESET: reset by peer")
      assert.strictEqual(losses.length, 1)
      assert.isFalse(isUsable())
    })
  )

  it.effect("answers nobody in a black hole, whose end resets what was in it", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      const { losses, validate } = yield* dial(server)
      const end = yield* held(server, { _tag: "Blackhole" })
      const proof = yield* begun(validate)
      const opening = yield* begun(dial(server))
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* proof.standing, "under way")
      assert.strictEqual(yield* opening.standing, "under way")
      yield* end
      yield* settled
      assert.strictEqual(yield* proof.standing, "ECONNRESET: reset by peer")
      assert.strictEqual(yield* opening.standing, "ECONNRESET: reset by peer")
      assert.strictEqual(losses.length, 1)
      yield* (yield* dial(server)).validate
    })
  )

  it.effect("answers late what was asked while it stood still", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      const { request } = yield* dial(server)
      const end = yield* held(server, { _tag: "Freeze" })
      const asked = yield* begun(request)
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* asked.standing, "under way")
      yield* end
      yield* settled
      assert.strictEqual(yield* asked.standing, "well")
    })
  )

  it.effect("refuses while it restarts, and proves by its last words whether it did", () =>
    Effect.gen(function* () {
      for (const [fault, says, provesRestart] of [
        [{ _tag: "Restart", mode: "fast" }, /^57P01/, false],
        [{ _tag: "Restart", mode: "immediate" }, /^57P02/, true],
        [{ _tag: "Crash" }, /^ECONNRESET/, false]
      ] as const) {
        const server = new SimulatedServer()
        const { losses } = yield* dial(server)
        const end = yield* held(server, fault)
        assert.match(losses[0]?.message ?? "", says)
        assert.strictEqual(losses[0]?.provesRestart, provesRestart)
        assert.match((yield* Effect.flip(dial(server))).message, /^ECONNREFUSED/)
        yield* end
        yield* dial(server)
      }
    })
  )

  it.effect("has room for so many sessions, and for another when one was closed", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      const first = yield* dial(server)
      yield* dial(server)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* server.inject({ _tag: "ConnectionLimit", max: 2 })
          const { message } = yield* Effect.flip(dial(server))
          assert.strictEqual(message, "53300: sorry, too many clients already")
          yield* first.close
          yield* dial(server)
        })
      )
      yield* dial(server)
      assert.deepStrictEqual([server.open, server.peak, server.dials], [3, 3, 5])
    })
  )

  it.scoped("is woken by the first dial after a sleep, and slow to open when it is cold", () =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      yield* server.inject({ _tag: "Suspend", wake: "1 minute" })
      const first = yield* begun(dial(server))
      yield* TestClock.adjust("59 seconds")
      const second = yield* begun(dial(server))
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual([yield* first.standing, yield* second.standing], ["well", "well"])
      yield* dial(server)
      yield* server.inject({ _tag: "ColdStart", delay: "2 seconds" })
      const cold = yield* begun(dial(server))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(yield* cold.standing, "under way")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* cold.standing, "well")
    })
  )
})
