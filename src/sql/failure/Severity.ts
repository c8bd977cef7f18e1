import { property } from "./CauseChain.ts"

// The server says a severity in its own language (`lc_messages`), and the driver leaves out the field
// that is the same in all of them. These are the words of the message catalogs of PostgreSQL 15, all
// eleven.
const ofStatements = new Set([
  "ERROR",
  "ERREUR",
  "ERRORE",
  "FEHLER",
  "FEL",
  "ОШИБКА",
  "ПОМИЛКА",
  "შეცდომა",
  "오류",
  "错误"
])

const ofSessions = new Set([
  "FATAL",
  "FATALE",
  "FATALT",
  "PANIC",
  "PANICO",
  "PANIK",
  "ВАЖНО",
  "ПАНИКА",
  "ФАТАЛЬНО",
  "ПАНІКА",
  "ფატალური",
  "პანიკა",
  "치명적오류",
  "손상",
  "致命错误",
  "比致命错误还过分的错误"
])

/** The server says that a statement failed, and that the session goes on. */
export const isOfStatement = (error: unknown): boolean =>
  ofStatements.has(property(error, "severity"))

/** The server says that the session, or all of the server, has come to its end. */
export const isOfSession = (error: unknown): boolean => ofSessions.has(property(error, "severity"))
