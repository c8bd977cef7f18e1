import { inspect } from "node:util"
import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, FiberRef, Logger, LogLevel, Redacted, Tracer } from "effect"
import { sha256 } from "../../src/auth/TokenText.ts"
import { busyLife } from "./BusyLife.ts"
import { authWithMail } from "./Mailbox.ts"

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

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })("logs and traces", (it) => {
  it.effect("hold no address, password, hash, token, key or digest of all that auth/ does", () =>
    Effect.gen(function* () {
      const { heard, value } = yield* overheard(busyLife)
      const sql = yield* SqlClient.SqlClient
      const users = yield* sql<{ password_hash: string }>`select password_hash from users`
      const tokens = [...value.live, ...value.ended, ...value.used, ...value.unused]
      const digests = tokens.map((token) => sha256(Redacted.value<string>(token)))
      const secrets = [
        "canary",
        ...users.map(({ password_hash }) => password_hash),
        ...tokens.map((token) => Redacted.value<string>(token)),
        ...digests.flatMap((it) => [
          Buffer.from(it).toString("hex"),
          Buffer.from(it).toString("base64")
        ])
      ]
      // Proof that something was overheard.
      for (const span of ["signUp", "signIn", "changePassword", "resetPassword", "proveEmail"]) {
        expect(heard).toContain(`Accounts.${span}`)
      }
      expect(heard).toContain("insert into users")
      for (const secret of secrets) expect(heard).not.toContain(secret)
    })
  )
})
