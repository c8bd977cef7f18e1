import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck, Layer, Logger, Redacted, TestClock } from "effect"
import { AdminSessions } from "../../src/admin/AdminSessions.ts"
import * as SignInPause from "../../src/admin/SignInPause.ts"
import { isToken } from "../../src/http/OperatorToken.ts"

const token = "a token of sixteen letters"

const sessions = Layer.merge(
  AdminSessions.layer((given) => isToken(Redacted.make(token), given)),
  Logger.remove(Logger.defaultLogger)
)

const entered = Effect.flatMap(AdminSessions, (all) =>
  Effect.flatMap(all.signIn(token), (result) =>
    result._tag === "SignedIn" ? Effect.succeed(result.secret) : Effect.die(result)
  )
)

describe("who is signed in to the dashboard", () => {
  it.effect("is whoever has the token, until they sign out", () =>
    Effect.gen(function* () {
      const { isSignedIn, signOut } = yield* AdminSessions
      const [mine, other] = [yield* entered, yield* entered]
      assert.notStrictEqual(mine, other)
      assert.notInclude(mine, token)
      assert.isTrue(yield* isSignedIn(mine))
      yield* signOut(mine)
      assert.isFalse(yield* isSignedIn(mine))
      assert.isTrue(yield* isSignedIn(other))
      assert.isFalse(yield* isSignedIn(""))
      assert.isFalse(yield* isSignedIn(token))
    }).pipe(Effect.provide(sessions))
  )

  it.effect("is signed out after 12 hours", () =>
    Effect.gen(function* () {
      const { isSignedIn } = yield* AdminSessions
      const secret = yield* entered
      yield* TestClock.adjust(Duration.subtract(Duration.hours(12), Duration.millis(1)))
      assert.isTrue(yield* isSignedIn(secret))
      yield* TestClock.adjust(Duration.millis(1))
      assert.isFalse(yield* isSignedIn(secret))
    }).pipe(Effect.provide(sessions))
  )

  it.effect("after a wrong token no token is looked at for a moment, the right one neither", () =>
    Effect.gen(function* () {
      const { signIn } = yield* AdminSessions
      assert.strictEqual((yield* signIn("a wrong one, as long"))._tag, "Wrong")
      assert.strictEqual((yield* signIn(token))._tag, "TooSoon")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* signIn("another wrong one"))._tag, "Wrong")
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(yield* signIn(token), {
        _tag: "TooSoon",
        wait: Duration.millis(250)
      })
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* signIn(token))._tag, "SignedIn")
      assert.strictEqual((yield* signIn("a wrong one again"))._tag, "Wrong")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* signIn(token))._tag, "SignedIn", "who was right is forgiven")
    }).pipe(Effect.provide(sessions))
  )

  it.prop(
    "pauses only grow, up to half a minute",
    [FastCheck.integer({ min: 1, max: 200 })],
    ([times]) => {
      let pause = SignInPause.none
      let [now, last] = [0, 0]
      for (let count = 0; count < times; count++) {
        pause = SignInPause.afterWrong(pause, now)
        const wait = SignInPause.waitAt(pause, now)
        assert.isAtLeast(wait, last)
        assert.isAtMost(wait, 30_000)
        last = wait
        now += wait
      }
    }
  )

  it.prop("only the token is the token", [FastCheck.string()], ([text]) => {
    assert.strictEqual(isToken(Redacted.make(token), text), text === token)
    assert.isTrue(isToken(Redacted.make(text), text))
  })
})
