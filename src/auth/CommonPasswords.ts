import { Redacted } from "effect"
import { commonPasswordList } from "./CommonPasswordList.ts"
import { normalisePassword, type Password } from "./Password.ts"

/** Built when the module is imported, in some 10 ms; it keeps 1.2 MB. */
const common: ReadonlySet<string> = new Set(commonPasswordList.trim().split(/\s+/))

/**
 * Whether a password is, letter for letter, one of the 10,000 that people choose most (OWASP ASVS
 * 5.0, 6.2.4 asks for 3,000): of those long enough to be allowed at all, as `CommonPasswordList` says.
 *
 * It is compared in the form in which passwords are hashed. Not a rule of the `Password` schema, so
 * that a front end that imports the contract does not load the list.
 */
export const isCommon = (password: Password): boolean =>
  common.has(normalisePassword(Redacted.value(password)))
