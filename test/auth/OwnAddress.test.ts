import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail, Mailbox, nextLetter } from "./Mailbox.ts"

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "somebody who asks for the address that they have",
  (it) => {
    it.effect("gets no letter: neither that it is taken, nor that it is about to change", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const own = credentials("own@example.com")
        const { user } = yield* accounts.signUp(own)
        yield* nextLetter("VerifyEmail", own.email)
        yield* accounts.requestEmailChange(user, own)
        yield* accounts.signUp(credentials("next@example.com"))
        yield* nextLetter("VerifyEmail", "next@example.com")
        const { all } = yield* Mailbox
        const told = all.filter(({ recipient }) => recipient === own.email)
        expect(told.map(({ _tag }) => _tag)).toEqual(["VerifyEmail"])
      })
    )
  }
)
