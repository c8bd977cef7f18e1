import {
  nobodyIsKeptWaitingInVain,
  noDialIsLeftBehind,
  serviceComesBack,
  somebodyDialsForWhoeverWaits,
  theCondemnedAreClosed,
  theDeadAreForgotten,
  theHopelessAreToldAtOnce,
  theIdleAreKeptAlive
} from "./Dialing.ts"
import {
  callersAreServedInOrder,
  everyoneIsAnsweredInTime,
  nobodyWaitsBesideAnIdleOne,
  noMoreWaitThanMay,
  theInterruptedAreGone,
  theLastUsedIsTakenFirst,
  withinTheMaximum
} from "./Lending.ts"
import { leaksAreToldOf } from "./Telling.ts"
import type { Broken } from "./Violation.ts"
import type { World } from "./World.ts"

/** What must hold whenever all fibers rest. What must hold of one event is demanded at that event. */
export const always: ReadonlyArray<(world: World) => Broken> = [
  withinTheMaximum,
  everyoneIsAnsweredInTime,
  theInterruptedAreGone,
  callersAreServedInOrder,
  theLastUsedIsTakenFirst,
  nobodyWaitsBesideAnIdleOne,
  noMoreWaitThanMay,
  theCondemnedAreClosed,
  theDeadAreForgotten,
  noDialIsLeftBehind,
  nobodyIsKeptWaitingInVain,
  theHopelessAreToldAtOnce,
  somebodyDialsForWhoeverWaits,
  serviceComesBack,
  theIdleAreKeptAlive,
  leaksAreToldOf
]
