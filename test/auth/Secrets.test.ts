import { inspect } from "node:util"
import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, FiberRef, Layer, Logger, LogLevel, Redacted, Tracer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"

const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provide(Passwords.layer()),
  Layer.provideMerge(TestDatabase.layer)
)

/** Runs an effect, and says everything that it logged or traced, at whatever level. */
const overheard = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const heard: Array<string> = []
  const hear = (...things: ReadonlyArray<unknown>) => heard.push(inspect(things, { depth: 8 }))
  const logger = Logger.make((options) => hear(Logger.jsonLogger.log(options), options.message))
  const tracer = Tracer.make({
    context: (run) => run(),
    span(name, parent, context, links, startTime, kind) {
      const attributes = new Map<string, unknown>()
      hear(name)
      return {
        _tag: "Span",
        spanId: name,
        traceId: name,
        sampled: true,
        status: { _tag: "Started", startTime },
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        attribute: (key, value) => {
          attributes.set(key, value)
          hear(name, key, value)
        },
        event: (...event) => hear(name, event),
        end: (_, exit) =>
          hear(name, exit._tag === "Failure" ? [exit.cause, String(exit.cause)] : ""),
        addLinks: () => {}
      }
    }
  })
  return effect.pipe(
    Effect.withTracer(tracer),
    Effect.locally(FiberRef.currentMinimumLogLevel, LogLevel.All),
    Effect.provide(Logger.add(logger)),
    Effect.map((value) => ({ value, heard: heard.join("\n") }))
  )
}

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("logs and traces", (it) => {
  it.effect("hold no address, password, hash, token or digest, whether it succeeds or fails", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const sessions = yield* Sessions
      const known = credentials("canary@example.com", "canary password")
      const { heard, value } = yield* overheard(
        Effect.gen(function* () {
          const { sessionToken } = yield* accounts.signUp(known)
          yield* Effect.flip(accounts.signUp(known))
          yield* accounts.signIn(known)
          yield* Effect.flip(accounts.signIn(credentials("canary@example.com", "canary wrong")))
          yield* sessions.validate(sessionToken)
          yield* sessions.revoke(sessionToken)
          yield* Effect.flip(sessions.validate(sessionToken))
          return sessionToken
        })
      )
      const sql = yield* SqlClient.SqlClient
      const [user] = yield* sql<{ password_hash: string }>`select password_hash from users`
      const digest = Buffer.from(SessionToken.digest(value))
      const secrets = [
        "canary",
        String(user?.password_hash),
        Redacted.value(value),
        digest.toString("hex"),
        digest.toString("base64")
      ]
      // Proof that something was overheard.
      for (const span of ["Accounts.signUp", "Accounts.signIn", "Sessions.validate"]) {
        expect(heard).toContain(span)
      }
      expect(heard).toContain("insert into users")
      for (const secret of secrets) expect(heard).not.toContain(secret)
    })
  )
})
