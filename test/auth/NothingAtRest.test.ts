import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { busyLife } from "./BusyLife.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail } from "./Mailbox.ts"

const tables = [
  "users",
  "sessions",
  "audit_events",
  "throttles",
  "outbox",
  "one_time_tokens",
  "sign_up_requests"
]

/** Every value in the database, each in every spelling that a token could have. */
const dump = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const values = new Set<string>()
  for (const table of tables) {
    const rows = yield* sql<Record<string, unknown>>`select * from ${sql(table)}`
    for (const value of rows.flatMap((row) => Object.values(row))) {
      for (const spelling of spellings(value)) values.add(spelling)
    }
  }
  return [...values]
})

const spellings = (value: unknown): ReadonlyArray<string> => {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    return ["base64url", "base64", "hex", "latin1"].map((it) => bytes.toString(it as "hex"))
  }
  const text = String(value)
  return [text, ...text.split("$"), Buffer.from(text).toString("base64url")]
}

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "what a thief of the database reads",
  (it) => {
    it.effect("holds no token, no password, and nothing that opens anything", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const { ended, live, unused, used } = yield* busyLife
        const values = yield* dump
        const text = values.join("\n")
        expect(text).toContain("canary-b@example.com")
        expect(text).not.toMatch(/canary (first|second|third)|canary-key/)
        for (const token of [...ended, ...live, ...used, ...unused]) {
          expect(text).not.toContain(Redacted.value<string>(token))
        }
        const { password } = credentials("thief@example.com", "of the thief")
        let tried = 0
        for (const value of values) {
          const session = SessionToken.parse(value)
          if (Either.isRight(session)) {
            expect(yield* Effect.isFailure(sessions.validate(session.right))).toBe(true)
          }
          const token = OneTimeToken.parse(value)
          if (Either.isLeft(token)) continue
          tried += 1
          expect(yield* Effect.isFailure(accounts.proveEmail(token.right))).toBe(true)
          const reset = accounts.resetPassword({ token: token.right, next: password })
          expect(yield* Effect.isFailure(reset)).toBe(true)
        }
        expect(tried).toBeGreaterThan(5)
        // Proof that the same attempts succeed with what was given out.
        for (const token of live) yield* sessions.validate(token)
        for (const token of unused) yield* accounts.resetPassword({ token, next: password })
      })
    )
  }
)
