import { Context, Effect, Layer, Redacted } from "effect"
import { BreachedPasswords } from "../../src/auth/BreachedPasswords.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { Server } from "../../src/http/Server.ts"
import { MemoryMailer } from "../../src/testing/MemoryMailer.ts"
import { cheapPasswords } from "../auth/CheapPasswords.ts"
import { countedPasswords } from "../auth/CountedPasswords.ts"
import { capturedLog, capturedSpans, type Line } from "../http/capturedLog.ts"
import { Service } from "../http/Service.ts"
import { network, proxiedClient } from "./ProxiedClient.ts"
import { type ServiceOptions, serviceWithMail } from "./RunningService.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A password that the service `careful` knows from a breach. */
export const breachedPassword = "it was in a breach"

/** A word that it wants in no password, in any case. */
export const contextWord = "holdfast"

const breached = Layer.succeed(BreachedPasswords, {
  check: (password) => {
    const text = Redacted.value(password)
    return Effect.succeed(text === breachedPassword || text.toLowerCase().includes(contextWord))
  }
})

/** Where a service answers. */
type Address = typeof Service.Service

/**
 * Services of one database and one mailbox, each set another way. The one that limits nothing is also
 * the `Service` that requests go to when no other is named. All but one hash passwords for next to no
 * time: an account is at home at the service that it was made at.
 */
export class AuthServices extends Context.Tag("test/AuthServices")<
  AuthServices,
  {
    /** Limits tries as by default, and believes one proxy: a test is at the address that it says. */
    readonly limited: Address
    /** Limits tries as by default, believes no proxy, and hashes passwords by argon2id. */
    readonly direct: Address
    /** How many passwords that one has compared. */
    readonly compared: () => number
    /** Has a letter decide about every sign-up. */
    readonly verifyFirst: Address
    /** Knows {@link breachedPassword} and {@link contextWord}. */
    readonly careful: Address
    /** Reaches its database over the file's `FaultProxy`, and waits half a second for it. */
    readonly faulty: Address
    /** All that they have logged. */
    readonly lines: ReadonlyArray<Line>
    /** All spans that they have begun. */
    readonly spans: () => ReadonlyArray<string>
  }
>() {
  static readonly layer = Layer.unwrapEffect(
    Effect.sync(() => {
      const log = capturedLog()
      const trace = capturedSpans()
      return Layer.scopedContext(made(log.lines, trace.spans)).pipe(
        Layer.provide(Layer.merge(log.layer, trace.layer))
      )
    })
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(MemoryMailer.layer, network)),
    Layer.provideMerge(TestDatabase.layer)
  )
}

const started = (options: ServiceOptions = {}) =>
  Effect.map(Layer.build(serviceWithMail({ passwords: cheapPasswords, ...options })), (context) => {
    const { url } = Context.get(context, Server)
    return { url }
  })

const behindTheNetwork = Effect.map(
  Layer.build(
    serviceWithMail({
      deadline: "500 millis",
      passwords: cheapPasswords,
      throttle: Throttle.layer({ deadline: "500 millis" })
    }).pipe(
      Layer.provide(
        proxiedClient({ lazy: true, acquireTimeout: "200 millis", connectTimeout: "200 millis" })
      )
    )
  ),
  (context) => ({ url: Context.get(context, Server).url })
)

const made = (lines: ReadonlyArray<Line>, spans: () => ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const limits = { throttle: Throttle.layer() }
    const counted = countedPasswords(Passwords.layer())
    const services = AuthServices.of({
      limited: yield* started({ ...limits, trustedHops: 1 }),
      direct: yield* started({ ...limits, passwords: counted.layer }),
      compared: counted.compared,
      verifyFirst: yield* started({ signUp: "verify-first" }),
      careful: yield* started({ breached }),
      faulty: yield* behindTheNetwork,
      lines,
      spans
    })
    return Context.make(AuthServices, services).pipe(Context.add(Service, yield* started()))
  })

/** What tests of {@link AuthServices} can use. */
export type Means = Layer.Layer.Success<typeof AuthServices.layer>

/** Sends what an effect sends to another service than the one that limits nothing. */
export const at =
  (which: "limited" | "direct" | "verifyFirst" | "careful" | "faulty") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(AuthServices, (services) =>
      Effect.provideService(effect, Service, services[which])
    )
