import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { wireTrips } from "../support/WireTrips.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { requester } from "./Requesters.ts"

const withThrottle = <E, R>(throttle: Layer.Layer<Throttle, E, R>) =>
  Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
    Layer.provide([Outbox.off, throttle, cheapPasswords]),
    Layer.provide(proxiedClient()),
    Layer.provideMerge(network),
    Layer.provideMerge(TestDatabase.layer)
  )

/** Of the first of a process, which prepares its statements, and of those after. */
const measured = (name: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sessions = yield* Sessions
    const tripsOf = yield* wireTrips(yield* FaultProxy)
    const signUp = (number: number) =>
      accounts.signUp(credentials(`${name}-${number}@example.com`), { requester: requester() })
    const signUps = yield* Effect.forEach([1, 2, 3], (number) => tripsOf(signUp(number)))
    const { sessionToken } = yield* signUp(4)
    const lookUp = tripsOf(sessions.validate(sessionToken))
    return { signUps, lookUps: yield* Effect.replicateEffect(lookUp, 3) }
  })

const test = { excludeTestServices: true, timeout: "1 minute" } as const

layer(withThrottle(Throttle.off), test)("on the wire", (it) => {
  it.effect("a sign-up takes one round trip, and the look-up of a session one", () =>
    Effect.map(measured("plain"), (trips) =>
      assert.deepStrictEqual(trips, { signUps: [1, 1, 1], lookUps: [1, 1, 1] })
    )
  )
})

layer(withThrottle(Throttle.layer()), test)("on the wire, with limits", (it) => {
  it.effect("a sign-up takes one round trip more, and the look-up of a session none", () =>
    Effect.map(measured("limited"), (trips) =>
      assert.deepStrictEqual(trips, { signUps: [2, 2, 2], lookUps: [1, 1, 1] })
    )
  )
})
