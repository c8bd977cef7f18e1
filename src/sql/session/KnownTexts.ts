import { createHash } from "node:crypto"
import { firstWord } from "./FirstWord.ts"
import { mayEnd } from "./ScriptedEnd.ts"

/** They read or write rows, and so take a snapshot. */
const ofRows = new Set(["select", "insert", "update", "delete", "merge", "with", "values", "table"])

/** A semicolon that isn't the last character may separate two statements. */
const isSingle = (text: string): boolean => {
  const semicolon = text.indexOf(";")
  return semicolon === -1 || text.slice(semicolon + 1).trim() === ""
}

/** They write nothing and lock no row, as far as their own words tell. */
const ofReading = new Set(["select", "values", "table"])

/** FOR UPDATE and its like, SELECT INTO, and NOTIFY, whose queue is locked for all of the server. */
const locksOrWrites =
  /\bfor\s+(?:no\s+key\s+update|update|key\s+share|share)\b|\binto\b|\bpg_notify\b/i

/** What writes behind the tag of a SELECT: a part of WITH, SELECT INTO, CREATE TABLE AS. */
const behindSelect = /\b(?:insert|update|delete|merge|into|create)\b/i

const selectInto = /\binto\b/i

/** By themselves they leave nothing behind, but on their session: questions, and what begins or takes back. */
const harmless = new Set([
  ...ofReading,
  "show",
  "begin",
  "start",
  "savepoint",
  "release",
  "rollback",
  "abort",
  "set",
  "reset",
  "listen",
  "unlisten",
  "declare",
  "fetch",
  "move",
  "close",
  "deallocate",
  "discard"
])

const singleMayWrite = (text: string): boolean => {
  const [word] = firstWord(text)
  if (word === "with") return behindSelect.test(text)
  return !harmless.has(word) || selectInto.test(text)
}

/** A semicolon in a value only makes parts that are no statements, and count as writing. */
const scriptMayWrite = (text: string): boolean => {
  const words = text.split(";").map((part) => (part.trim() === "" ? "show" : firstWord(part)[0]))
  return behindSelect.test(text) || words.some((word) => word !== "with" && !harmless.has(word))
}

/** The function everywhere, the command where it could be one: columns are named so, too. */
const notifies = (text: string, isRowStatement: boolean): boolean =>
  (isRowStatement ? /\bpg_notify\b/i : /\b(?:pg_)?notify\b/i).test(text)

const committing = new Set(["commit", "end", "prepare"])

/** COMMIT and ROLLBACK in all their forms, BEGIN, and what prepares a transaction to be ended apart. */
const endsTransaction = ([word, rest]: readonly [string, string]): boolean => {
  if (word === "rollback") return !/^\s*(?:(?:work|transaction)\s+)?to\b/i.test(rest)
  if (word === "prepare") return /^\s*transaction\b/i.test(rest)
  return ["commit", "end", "abort", "begin", "start"].includes(word)
}

/** A longer text is not prepared: it was most likely put together for one use. */
const longest = 16_384

/** What the text of a statement alone tells. */
export class KnownText {
  /** Some fifty quick answers until it is believed to be quick. */
  private static readonly tooMany = 1_000_000
  /** Times it was run. */
  uses = 0
  /** Several statements, as far as a semicolon tells. */
  readonly isScript: boolean
  /** One statement that reads or writes rows: it may be prepared, and others may follow behind it. */
  readonly isRowStatement: boolean
  /** The same, and it writes nothing and waits for nobody, as far as its own words tell. */
  readonly isReading: boolean
  /** How many milliseconds it takes the server, going by the last times; too many until it is seen. */
  expected = KnownText.tooMany
  /** It has no place inside `withTransaction`, which ends by itself. */
  readonly endsTransaction: boolean
  private readonly text: string
  private writes: boolean | undefined
  private tells: boolean | undefined
  private ownName: string | undefined

  constructor(text: string) {
    this.text = text
    const words = firstWord(text)
    this.isScript = !isSingle(text)
    this.isRowStatement = !this.isScript && text.length <= longest && ofRows.has(words[0])
    this.isReading = this.isRowStatement && ofReading.has(words[0]) && !locksOrWrites.test(text)
    this.endsTransaction = endsTransaction(words)
  }

  /** It writes or notifies, or may; what it calls is not looked into. */
  get mayWrite(): boolean {
    const ofItself = this.isScript ? scriptMayWrite : singleMayWrite
    this.writes ??= this.notifies || ofItself(this.text)
    return this.writes
  }

  /** It notifies, or may: that is committed without an id of the transaction. */
  get notifies(): boolean {
    this.tells ??= notifies(this.text, this.isRowStatement)
    return this.tells
  }

  /** A script that may end the transaction in which it begins. */
  get isEndingScript(): boolean {
    return this.isScript && mayEnd(this.text)
  }

  /** In a transaction it may commit that, or end it and write behind it. */
  get mayCommit(): boolean {
    const isEnding = this.isScript
      ? mayEnd(this.text)
      : this.endsTransaction && committing.has(firstWord(this.text)[0])
    return isEnding && this.mayWrite
  }

  /**
   * It has taken the server so many milliseconds, at most. What is slow for a moment, as on a busy machine,
   * counts little; what is slow again and again adds up.
   */
  took(millis: number): void {
    this.expected += (millis - this.expected) / (millis < this.expected ? 4 : 16)
  }

  /** It has held up others: it has to be seen anew. */
  heldUp(): void {
    this.expected = KnownText.tooMany
  }

  /**
   * The name under which every session prepares it. It is made from the text, so that it can't mean
   * another statement where a pooler hands one session from client to client.
   */
  get name(): string {
    this.ownName ??= `holdfast_${createHash("sha256").update(this.text).digest("base64url").slice(0, 32)}`
    return this.ownName
  }
}

/** The texts that a pool has run lately. */
export class KnownTexts {
  /** A service has some hundreds. */
  private static readonly limit = 1_000
  private readonly texts = new Map<string, KnownText>()

  /** What is known of a text. */
  of(text: string): KnownText {
    return this.texts.get(text) ?? this.add(text)
  }

  /** The same, with this use counted. */
  use(text: string): KnownText {
    const known = this.of(text)
    known.uses += 1
    // Where there are few none is ever forgotten, and their order costs more than it tells.
    if (this.texts.size > KnownTexts.limit / 2 && this.texts.delete(text))
      this.texts.set(text, known)
    return known
  }

  private add(text: string): KnownText {
    const known = new KnownText(text)
    if (!known.isRowStatement) return known
    this.texts.set(text, known)
    const [longestUnused] = this.texts.keys()
    if (this.texts.size > KnownTexts.limit && longestUnused !== undefined) {
      this.texts.delete(longestUnused)
    }
    return known
  }
}
