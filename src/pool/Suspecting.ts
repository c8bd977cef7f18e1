import type { Instant } from "../runtime/Instant.ts"
import type { Loss } from "./Connection.ts"
import { condemn, evict } from "./Evicting.ts"
import * as Members from "./Members.ts"
import { type Commands, report } from "./PoolCommand.ts"
import { established, failed, type Member, type State } from "./PoolState.ts"
import { prove, serve } from "./Serving.ts"

/** Every idle sibling is looked at now, rather than one by one as callers come. */
const suspectSiblings = (state: State, out: Commands): State =>
  Members.allIdle(state).reduce(
    (rest, member) => prove(rest, out, member, { proof: "roundTrip", suspect: true }),
    state
  )

/** A member was found dead by a proof, or when it was to be lent. */
export const refute = (
  state: State,
  out: Commands,
  member: Member,
  { at, loss }: { readonly at: Instant; readonly loss: Loss }
): State => {
  report(out, { _tag: "Invalid", detail: loss.message })
  const rest: State = {
    ...failed(evict(state, out, member, "invalid", loss.message), loss.message),
    unmetLoss: undefined
  }
  if (loss.provesRestart) return serve(condemn(rest, out, loss.message), out, at)
  if (established(rest) > 0) {
    // One that was itself only suspected tells nothing new about the others.
    return serve(member.suspect ? rest : suspectSiblings(rest, out), out, at)
  }
  report(out, { _tag: "Stale" })
  return serve(rest, out, at)
}

/** A member ended by itself. While one is opened, proven or used, whoever does that reports it. */
export const lose = (
  state: State,
  out: Commands,
  member: Member,
  { at, loss }: { readonly at: Instant; readonly loss: Loss }
): State => {
  if (member.phase === "connecting") return state
  const unmet: State = { ...state, lastError: loss.message, unmetLoss: loss.message }
  const rest =
    member.phase === "idle"
      ? evict(unmet, out, member, "broken", loss.message)
      : Members.lost(unmet, member, loss.message)
  if (loss.provesRestart) return serve(condemn(rest, out, loss.message), out, at)
  return serve(loss.implicatesSiblings ? suspectSiblings(rest, out) : rest, out, at)
}
