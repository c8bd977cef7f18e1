import { expect, layer } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { databaseDump } from "../support/DatabaseDump.ts"
import { busyLife } from "./BusyLife.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail } from "./Mailbox.ts"

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "what a thief of the database reads",
  (it) => {
    it.effect("holds no token, no password, and nothing that opens anything", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sessions = yield* Sessions
        const { ended, live, unused, used } = yield* busyLife
        const values = yield* databaseDump
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
