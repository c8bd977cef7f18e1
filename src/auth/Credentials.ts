import { Schema } from "effect"
import { Email } from "./Email.ts"
import { Password } from "./Password.ts"

/** Who signs up or in: an e-mail address and a password. Other fields are ignored. */
export const Credentials = Schema.Struct({ email: Email, password: Password }).annotations({
  identifier: "Credentials",
  title: "Credentials",
  description: "An e-mail address and a password."
})

/** See the schema of the same name. */
export type Credentials = typeof Credentials.Type
