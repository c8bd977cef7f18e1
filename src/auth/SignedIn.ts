import type { NewSession } from "./NewSession.ts"
import type { SessionToken } from "./SessionToken.ts"
import type { UserSession } from "./UserSession.ts"

/** A user, the session begun for them, and its token: it can't be had again. */
export interface SignedIn extends UserSession {
  readonly sessionToken: SessionToken
}

/** What the database says of a session that was begun, and the token that it was not told. */
export const signedIn = (begun: UserSession, { token }: NewSession): SignedIn => ({
  ...begun,
  sessionToken: token
})
