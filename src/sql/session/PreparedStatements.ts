import { Duration } from "effect"
import type { RowShape } from "./RowShape.ts"

/** What a session keeps of a statement that it has prepared; a shape only if it returns rows. */
export interface Prepared {
  readonly shape: RowShape | undefined
}

interface Entry {
  prepared: Prepared | undefined
  /** In milliseconds of the clock. */
  preparedAt: number
  /** The session's count of uses at its last one. */
  lastUse: number
}

/**
 * A statement is prepared anew after this time. The server fixes the types of its parameters when it
 * is prepared: after ALTER COLUMN ... TYPE a text would go on being read as a number.
 */
const longestKept = Duration.toMillis("30 seconds")

/** The names that one session holds, at most `limit`: those of the last used statements. */
export class PreparedStatements {
  private readonly limit: number
  private readonly entries = new Map<string, Entry>()
  /** Names that the session holds for nothing any more. */
  private owed: Array<string> = []
  private uses = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** The statement of this name, if the session certainly holds it and it is not too old. */
  use(name: string, now: number): Prepared | undefined {
    const entry = this.entries.get(name)
    if (entry?.prepared === undefined || now - entry.preparedAt >= longestKept) return undefined
    entry.lastUse = this.uses++
    return entry.prepared
  }

  /** Counts a name that is about to be prepared; whether that succeeds will be seen. */
  begin(name: string): void {
    if (!this.entries.has(name) && this.entries.size >= this.limit) this.makeRoom()
    this.entries.set(name, { prepared: undefined, preparedAt: 0, lastUse: this.uses++ })
  }

  done(name: string, prepared: Prepared, now: number): void {
    const entry = this.entries.get(name)
    if (entry === undefined) return
    entry.prepared = prepared
    entry.preparedAt = now
  }

  /** The names to close on the way; they are not told again. */
  takeOwed(): ReadonlyArray<string> {
    const owed = this.owed
    if (owed.length > 0) this.owed = []
    return owed
  }

  /** What it holds under this name is not to be used, if it holds it. */
  doubt(name: string): void {
    const entry = this.entries.get(name)
    if (entry !== undefined) entry.prepared = undefined
  }

  /** As {@link doubt}, of all names. */
  doubtAll(): void {
    for (const entry of this.entries.values()) entry.prepared = undefined
  }

  /** After DISCARD ALL or DEALLOCATE ALL the session holds none. */
  clear(): void {
    this.entries.clear()
    this.owed = []
  }

  private makeRoom(): void {
    // Looked for only when there is no room: most uses must cost nothing.
    const [oldest] = [...this.entries].sort(([, one], [, other]) => one.lastUse - other.lastUse)
    if (oldest === undefined) return
    this.entries.delete(oldest[0])
    this.owed.push(oldest[0])
  }
}
