import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { requester } from "./Requesters.ts"
import { countedClient } from "./ScriptedClient.ts"

const counted = countedClient()

/** How many statements an effect needs. */
const statementsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = counted.statements()
    return Effect.map(Effect.either(effect), () => counted.statements() - before)
  })

const withThrottle = <E, R>(throttle: Layer.Layer<Throttle, E, R>) =>
  Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
    Layer.provide([Outbox.off, throttle, cheapPasswords]),
    Layer.provide(counted.layer),
    Layer.provideMerge(TestDatabase.layer)
  )

const measured = (name: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    const given = credentials(`${name}@example.com`)
    const { password: other } = credentials(`${name}@example.com`, "Another Pass")
    const options = { requester: requester() }
    const { sessionToken } = yield* accounts.signUp(credentials(`${name}-first@example.com`))
    return {
      signUp: yield* statementsOf(accounts.signUp(given, options)),
      validate: yield* statementsOf(sessions.validate(sessionToken)),
      revoke: yield* statementsOf(sessions.revoke(sessionToken)),
      signIn: yield* statementsOf(accounts.signIn(given, options)),
      wrongPassword: yield* statementsOf(accounts.signIn({ ...given, password: other }, options)),
      unknownAddress: yield* statementsOf(
        accounts.signIn(credentials(`${name}-unknown@example.com`), options)
      ),
      knownReset: yield* statementsOf(
        accounts.requestPasswordReset(given.email, options.requester)
      ),
      unknownReset: yield* statementsOf(
        accounts.requestPasswordReset(
          credentials(`${name}-unknown@example.com`).email,
          options.requester
        )
      )
    }
  })

const withoutLimits = {
  signUp: 1,
  validate: 1,
  revoke: 1,
  signIn: 2,
  wrongPassword: 2,
  unknownAddress: 2,
  knownReset: 1,
  unknownReset: 1
}

const test = { excludeTestServices: true, timeout: "1 minute" } as const

layer(withThrottle(Throttle.off), test)("round trips to the database", (it) => {
  it.effect("are one for a sign-up and for a look-up, and as many for who is unknown", () =>
    Effect.map(measured("plain"), (counts) => expect(counts).toEqual(withoutLimits))
  )
})

layer(withThrottle(Throttle.layer()), test)("round trips to the database with limits", (it) => {
  it.effect("are one more for what is limited", () =>
    Effect.map(measured("limited"), (counts) =>
      expect(counts).toEqual({
        signUp: 2,
        validate: 1,
        revoke: 1,
        signIn: 3,
        wrongPassword: 3,
        unknownAddress: 3,
        knownReset: 2,
        unknownReset: 2
      })
    )
  )
})
