import type { Email } from "./Email.ts"
import type { Password } from "./Password.ts"

/** Who signs up or in. */
export interface Credentials {
  readonly email: Email
  readonly password: Password
}
