import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { UserId } from "./User.ts"

/** Identifies a session. It is no secret: the session's token is. */
export const SessionId = Schema.UUID.pipe(Schema.brand("SessionId"))

/** See the schema of the same name. */
export type SessionId = typeof SessionId.Type

/** That a user is signed in, until it expires or is revoked. */
export class Session extends Schema.Class<Session>("Session")({
  id: SessionId,
  userId: UserId,
  /** From this moment of the database's clock on, the session is no longer valid. */
  expires: Instant
}) {}
