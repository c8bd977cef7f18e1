import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { MemoryMailer } from "../../src/testing/MemoryMailer.ts"
import { ask, begun } from "../http/Person.ts"
import { send } from "../http/Service.ts"

/** Stands in everything that a client can send and nobody else may see. */
export const canary = "c4n4ry"

/** The trace in which the sign-up is, and the span of it that asked. */
export const trace = "0af7651916cd43dd8448eb211c80319c"
export const parent = "b7ad6b7169203331"

const password = `${canary}-Passw0rd`
const email = `${canary}@example.com`
const headers = { "user-agent": canary, cookie: `s=${canary}`, "x-request": canary }

/** One of each thing that the service counts, with a secret in every input. */
export const busyDay = Effect.gen(function* () {
  const { next } = yield* MemoryMailer
  const credentials = { email, password }
  const traced = { ...headers, traceparent: `00-${trace}-${parent}-01` }
  const signedUp = yield* ask("POST", "/auth/signup", { json: credentials, headers: traced })
  const letter = yield* next
  const { token } = begun(signedUp)
  yield* ask("POST", "/auth/signup", { json: credentials, headers })
  yield* ask("POST", "/auth/signin", { json: { email, password: `${canary}-wr0ng` }, headers })
  yield* ask("POST", `/auth/signin?password=${password}`, { json: credentials, headers })
  yield* ask("GET", "/auth/session", { token })
  yield* ask("POST", "/auth/password/reset-request", { json: { email }, headers })
  yield* ask("POST", "/auth/email/verify", { json: { token: canary.padEnd(43, "A") }, headers })
  yield* ask("POST", "/auth/signout", { token })
  yield* ask("GET", "/auth/session", { token, headers })
  yield* ask("POST", "/auth/signup", { json: { email: canary, password: canary }, headers })
  yield* send(`/${canary}?${canary}`, { method: "DELETE", headers })
  yield* send("/health", { headers: { ...headers, b3: `${canary}-${canary}-1` } })
  yield* send("/health/database", { headers })
  const sql = yield* SqlClient
  yield* Effect.exit(sql`select ${canary}::int`).pipe(Effect.withSpan("a failing statement"))
  yield* Effect.withSpan(Effect.logInfo(canary), "a line of the log")
  return [password, email, token, letter.text.match(/[A-Za-z0-9_-]{40,}/)?.[0] ?? token]
})
