import { Duration } from "effect"
import type { Instant } from "../runtime/Instant.ts"
import type { Member } from "./PoolState.ts"

/** One connection of a pool at one moment. */
export interface ConnectionStats {
  /** Its number in the pool, given out once. */
  readonly id: number
  /** `proving`: being validated, for a borrower or because a sibling was found dead. */
  readonly phase: "connecting" | "proving" | "idle" | "active"
  /** Since it was opened; while it is connecting, since its dial began. */
  readonly age: Duration.Duration
  /** Times that it was lent. */
  readonly uses: number
}

/** What the pool's owner knows of a connection's past. */
type Past = (id: number) => { readonly openedAt: Instant; readonly lent: number } | undefined

/** See {@link ConnectionStats}. */
export const rosterOf = (
  members: ReadonlyArray<Member>,
  past: Past,
  now: Instant
): ReadonlyArray<ConnectionStats> =>
  members.map(({ goodAt, id, phase }) => {
    const { lent = 0, openedAt = goodAt } = past(id) ?? {}
    return { id, phase, age: Duration.millis(Math.max(0, now - openedAt)), uses: lent }
  })
