import { property } from "./SqlState.ts"

/** The server function that finds that a prepared statement's rows would look different now. */
const planChanged = "RevalidateCachedQuery"

/** The session holds no statement of this name (26000), or one that it was not told of (42P05). */
export const isNameLost = (cause: unknown, name: string): boolean =>
  ["26000", "42P05"].includes(property(cause, "code")) && property(cause, "message").includes(name)

/**
 * Whether a prepared statement failed only because the session does not hold it, or not as it was:
 * it was discarded, a pooler has changed the session, or a table was altered. Nothing has run then.
 */
export const isStalePlan = (cause: unknown, name: string): boolean =>
  isNameLost(cause, name) ||
  (property(cause, "code") === "0A000" && property(cause, "routine") === planChanged)
