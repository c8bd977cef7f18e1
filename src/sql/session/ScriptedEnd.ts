/** What ends a transaction; ROLLBACK TO, which has the tag of a ROLLBACK, does not. */
const ends =
  /\b(?:abort|commit|end|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i

/** Whether a script may end the transaction in which it begins, as far as its words tell. */
export const mayEnd = (text: string): boolean => ends.test(text)

const isEnd = (command: string): boolean => command === "ROLLBACK" || command === "PREPARE"

const isBeginning = (command: string): boolean => command === "BEGIN" || command === "START"

/**
 * Whether a script has ended the transaction in which it began, although it stands in one now: another.
 * The commands are the tags of what it has run.
 */
export const isScriptedEnd = (commands: ReadonlyArray<string>, text: string): boolean => {
  if (commands.includes("COMMIT")) return true
  const end = commands.findIndex(isEnd)
  if (end === -1 || !mayEnd(text)) return false
  return /\bchain\b/i.test(text) || commands.slice(end).some(isBeginning)
}
