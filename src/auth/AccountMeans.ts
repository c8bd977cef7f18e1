import { SqlClient } from "@effect/sql/SqlClient"
import { type Duration, Effect } from "effect"
import { type Answered, makeAnswered } from "./Answered.ts"
import { type LetterPart, letterPart } from "./LetterPart.ts"
import { beginSession } from "./NewSession.ts"
import { Outbox } from "./Outbox.ts"
import { PasswordPolicy } from "./PasswordPolicy.ts"
import { Passwords } from "./Passwords.ts"
import { SessionExpiry } from "./SessionExpiry.ts"
import { Throttle } from "./Throttle.ts"
import { type ThrottleParts, throttleParts } from "./ThrottleParts.ts"

/** What every capability of `Accounts` is built from. */
export interface AccountMeans {
  readonly sql: SqlClient
  readonly policy: typeof PasswordPolicy.Service
  readonly passwords: typeof Passwords.Service
  readonly throttle: typeof Throttle.Service
  readonly outbox: typeof Outbox.Service
  /** Parts of statements that count attempts and write letters. */
  readonly fragments: ThrottleParts & { readonly letter: LetterPart }
  readonly answered: Answered
  readonly beginSession: ReturnType<typeof beginSession>
}

/** See {@link AccountMeans}; `deadline` limits a statement that is run outside of a call. */
export const accountMeans = (deadline: Duration.DurationInput) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const throttle = yield* Throttle
    const outbox = yield* Outbox
    return {
      sql,
      policy: yield* PasswordPolicy,
      passwords: yield* Passwords,
      throttle,
      outbox,
      fragments: {
        ...throttleParts(sql, throttle.limits),
        letter: letterPart(sql, outbox.isWriting)
      },
      answered: yield* makeAnswered(deadline),
      beginSession: beginSession(sql, yield* SessionExpiry)
    } satisfies AccountMeans
  })
