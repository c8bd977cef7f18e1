import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail, Mailbox, nextLetter } from "./Mailbox.ts"

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "somebody who asks for the address that they have",
  (it) => {
    it.effect("is not told to delete the account that has it, which is their own", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const own = credentials("own@example.com")
        const { user } = yield* accounts.signUp(own)
        yield* nextLetter("VerifyEmail", own.email)
        yield* accounts.requestEmailChange(user, own)
        yield* Effect.sleep("1 second")
        const { all } = yield* Mailbox
        expect(all.map(({ _tag }) => _tag)).not.toContain("AddressTaken")
      })
    )
  }
)
