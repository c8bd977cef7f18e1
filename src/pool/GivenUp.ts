import type { Instant } from "../runtime/Instant.ts"

/** Callers that could not be served in time and that nobody has been told of. */
export interface GivenUp {
  readonly callers: number
  /** Dials that failed while the first of them waited. */
  readonly attempts: number
  /** When some were told of last. */
  readonly toldAt: Instant
}

/** Nobody, and nobody was. */
export const none: GivenUp = { callers: 0, attempts: 0, toldAt: Number.NEGATIVE_INFINITY }

/** At most one line a second tells of them, however many they are. */
const toldEvery = 1_000

/** When they are to be told of; infinity: there are none. */
export const dueAt = ({ callers, toldAt }: GivenUp): Instant =>
  callers === 0 ? Number.POSITIVE_INFINITY : toldAt + toldEvery

/** With more of them. */
export const and = (givenUp: GivenUp, callers: number, attempts: number): GivenUp => ({
  callers: givenUp.callers + callers,
  attempts: Math.max(givenUp.attempts, attempts),
  toldAt: givenUp.toldAt
})
