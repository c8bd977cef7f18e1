import { Either, Redacted } from "effect"
import type { Credentials } from "../../src/auth/Credentials.ts"
import { normaliseEmail } from "../../src/auth/Email.ts"
import { Password } from "../../src/auth/Password.ts"

/** An address and a password that are known to be well-formed. */
export const credentials = (email: string, password = "TestPass123"): Credentials => ({
  email: Either.getOrThrow(normaliseEmail(email)),
  password: Password.make(Redacted.make(password))
})
