import type { Instant } from "./Timeline.ts"

/** Something that must never happen has happened. */
export class Violation extends Error {
  override readonly name = "Violation"
  /** The name of the function that says what must hold. */
  readonly invariant: string
  readonly at: Instant

  constructor(invariant: string, detail: string, at: Instant) {
    super(`${invariant}, ${Math.round(at * 1000) / 1000} ms: ${detail}`)
    this.invariant = invariant
    this.at = at
  }
}

/** Says what is wrong, or nothing. */
export type Broken = string | undefined
