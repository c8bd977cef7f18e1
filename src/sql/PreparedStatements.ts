import type { RowShape } from "./RowShape.ts"

/** What a session keeps of a statement that it has prepared; rows only if it returns some. */
export interface Prepared {
  readonly shape: RowShape | undefined
}

/** The statements that one session has prepared, at most `limit`, the least recently used first. */
export class PreparedStatements {
  private readonly limit: number
  private readonly byName = new Map<string, Prepared>()

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.byName.size
  }

  /** The statement of this name, which becomes the most recently used. */
  use(name: string): Prepared | undefined {
    const prepared = this.byName.get(name)
    if (prepared === undefined) return undefined
    this.byName.delete(name)
    this.byName.set(name, prepared)
    return prepared
  }

  add(name: string, prepared: Prepared): void {
    this.byName.set(name, prepared)
  }

  /** Takes out the name that must be closed before another statement is prepared, if any. */
  makeRoom(): string | undefined {
    if (this.byName.size < this.limit) return undefined
    const [oldest] = this.byName.keys()
    if (oldest !== undefined) this.byName.delete(oldest)
    return oldest
  }

  forget(name: string): void {
    this.byName.delete(name)
  }

  /** After DISCARD ALL or DEALLOCATE ALL the session has none. */
  clear(): void {
    this.byName.clear()
  }
}
