import {
  nobodyIsKeptWaitingInVain,
  serviceComesBack,
  theCondemnedAreClosed,
  theDeadAreForgotten
} from "./Dialing.ts"
import {
  callersAreServedInOrder,
  everyoneIsAnsweredInTime,
  nobodyWaitsBesideAnIdleOne,
  theInterruptedAreGone,
  theLastUsedIsLentFirst,
  withinTheMaximum
} from "./Lending.ts"
import type { Broken } from "./Violation.ts"
import type { World } from "./World.ts"

/** What must hold whenever all fibers rest. What must hold of one event is demanded at that event. */
export const always: ReadonlyArray<(world: World) => Broken> = [
  withinTheMaximum,
  everyoneIsAnsweredInTime,
  theInterruptedAreGone,
  callersAreServedInOrder,
  theLastUsedIsLentFirst,
  nobodyWaitsBesideAnIdleOne,
  theCondemnedAreClosed,
  theDeadAreForgotten,
  nobodyIsKeptWaitingInVain,
  serviceComesBack
]
