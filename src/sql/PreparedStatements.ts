import type { RowShape } from "./RowShape.ts"

/** What a session keeps of a statement that it has prepared; a shape only if it returns rows. */
export interface Prepared {
  readonly shape: RowShape | undefined
}

interface Entry extends Prepared {
  /** The session's count of uses at its last one. */
  lastUse: number
}

/** The statements that one session has prepared, at most `limit`: the last used ones. */
export class PreparedStatements {
  private readonly limit: number
  private readonly entries = new Map<string, Entry>()
  private uses = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** The statement of this name, if it is prepared. */
  use(name: string): Prepared | undefined {
    const entry = this.entries.get(name)
    if (entry !== undefined) entry.lastUse = this.uses++
    return entry
  }

  add(name: string, { shape }: Prepared): void {
    this.entries.set(name, { shape, lastUse: this.uses++ })
  }

  /** Takes out the name that must be closed before another statement is prepared, if any. */
  makeRoom(): string | undefined {
    if (this.entries.size < this.limit) return undefined
    // Looked for only when there is no room: most uses must cost nothing.
    const [oldest] = [...this.entries].sort(([, one], [, other]) => one.lastUse - other.lastUse)
    if (oldest !== undefined) this.entries.delete(oldest[0])
    return oldest?.[0]
  }

  /** After DISCARD ALL or DEALLOCATE ALL the session has none. */
  clear(): void {
    this.entries.clear()
  }
}
