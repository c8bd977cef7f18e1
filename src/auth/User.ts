import { Schema } from "effect"
import { CanonicalEmail } from "./Email.ts"
import { Instant } from "./Instant.ts"

/** Identifies a user. Random, and never given to another one. */
export const UserId = Schema.UUID.pipe(Schema.brand("UserId"))

/** See the schema of the same name. */
export type UserId = typeof UserId.Type

/** Someone who has signed up. */
export class User extends Schema.Class<User>("User")({
  id: UserId,
  email: CanonicalEmail,
  /** When the address was proven to be theirs; null: not yet. */
  emailVerified: Schema.NullOr(Instant),
  createdAt: Instant,
  updatedAt: Instant
}) {}
