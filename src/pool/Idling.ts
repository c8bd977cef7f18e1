import type { Instant } from "../runtime/Instant.ts"
import type { Proof } from "./PoolCommand.ts"
import { type Limits, type Member, type State, total } from "./PoolState.ts"

/**
 * After this many milliseconds idle a FIN or RST may be waiting in the kernel that the event loop
 * has not read: a turn of the loop, some microseconds, reads it. Younger ones were used in
 * the same burst of work. With 10, a process that was frozen for 3 ms lent dead connections (43 of
 * 360 in `npm run freeze -- --millis 3`); with 2, none.
 */
const turnAfterIdle = 2

/** Nothing has been heard of it for so long that only an answer shows that it is alive. */
export const isSilent = ({ validateAfterIdle }: Limits, member: Member, at: Instant): boolean =>
  at - member.goodAt >= validateAfterIdle

/** Which proof an idle member needs before it is lent; none when it was in use just now. */
export const proofFor = ({ limits }: State, member: Member, at: Instant): Proof | undefined => {
  if (isSilent(limits, member, at)) return "roundTrip"
  return at - member.goodAt >= turnAfterIdle ? "turn" : undefined
}

/** When an idle member has not been used for so long that it may be closed. */
const unusedAt = ({ idleTimeout }: Limits, { usedAt }: Member): Instant => usedAt + idleTimeout

/** When an idle member is proven, so that whatever is between does not forget it. */
const keptAliveAt = ({ keepalive }: Limits, { goodAt }: Member): Instant => goodAt + keepalive

/** It is idle too long, and not one of the least that are to be there. */
export const isSurplus = (state: State, member: Member, at: Instant): boolean =>
  at >= unusedAt(state.limits, member) && total(state) > state.limits.min

export const isToBeKeptAlive = ({ limits }: State, member: Member, at: Instant): boolean =>
  at >= keptAliveAt(limits, member)

/** The first moment at which anything may have to be done about a member that has just become idle. */
export const dueAfterRest = ({ limits }: State, member: Member): Instant =>
  Math.min(unusedAt(limits, member), keptAliveAt(limits, member), member.retireAt)

/** When an idle member is to be looked at again, as many as there are now. */
export const dueAgain = (state: State, member: Member): Instant => {
  const { limits } = state
  const surplusAt = total(state) > limits.min ? unusedAt(limits, member) : Number.POSITIVE_INFINITY
  return Math.min(member.retireAt, surplusAt, keptAliveAt(limits, member))
}
