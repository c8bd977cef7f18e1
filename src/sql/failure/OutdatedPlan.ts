import { property } from "./CauseChain.ts"
import { isOfStatement } from "./Severity.ts"

/** The session holds no statement of this name (26000), or one that it was not told of (42P05). */
export const isNameLost = (cause: unknown, name: string): boolean =>
  ["26000", "42P05"].includes(property(cause, "code")) && property(cause, "message").includes(name)

/** The server function that finds that a prepared statement's rows would look different now. */
const planChanged = "RevalidateCachedQuery"

/** A table of a prepared statement was altered, so that its rows would look different. */
export const isOutdatedPlan = (cause: unknown): boolean =>
  property(cause, "code") === "0A000" && property(cause, "routine") === planChanged

/**
 * It may fail because the types of its parameters were fixed before a column's type was altered:
 * data exceptions (22) and errors of names and types (42).
 */
export const mayBeOfTypes = (cause: unknown): boolean =>
  isOfStatement(cause) && /^(22|42)/.test(property(cause, "code"))
