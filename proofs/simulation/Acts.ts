import { FiberId } from "effect"
import type { Act } from "./Program.ts"
import type { Simulation } from "./Simulation.ts"

type Acting = {
  readonly [Tag in Act["_tag"]]: (
    simulation: Simulation,
    act: Extract<Act, { readonly _tag: Tag }>
  ) => void
}

/** The one that is chosen, whatever there is; nothing, where there is none. */
const chosen = <A>(all: ReadonlyArray<A>, pick: number): A | undefined => all[pick % all.length]

/** What each act does. */
const acting: Acting = {
  Borrow: (simulation, act) => {
    for (let i = 0; i < act.callers; i++) simulation.borrow(act)
  },
  GiveBack: ({ observer }, { pick }) => {
    const holding = [...observer.callers].filter(({ phase }) => phase === "holding")
    chosen(holding, pick)?.stop?.()
  },
  Interrupt: (simulation, { pick }) => {
    const caller = chosen([...simulation.observer.callers], pick)
    if (caller === undefined) return simulation.giveUpBuilding()
    caller.isInterrupted = true
    caller.fiber?.unsafeInterruptAsFork(FiberId.none)
  },
  Welcome: ({ database }, { welcome }) => {
    database.welcome = welcome
  },
  Slow: ({ database, observer, timeline }, { close, connect, trip }) => {
    // Who dials now is answered as slowly as before.
    observer.openSince = timeline.now + observer.connectTime
    observer.connectTime = connect
    database.tripTime = trip
    database.closeTime = close
  },
  Room: ({ database }, { sessions }) => {
    database.room = sessions
  },
  Lose: ({ database, observer, timeline }, { count, how, pick }) => {
    observer.openSince = timeline.now
    database.lose(pick, count, how)
  },
  Crash: ({ database }) => database.crash(),
  Drain: (simulation) => simulation.drain(),
  Recreate: (simulation) => simulation.recreate(),
  Freeze: (simulation, { millis }) => simulation.freeze(millis),
  Nothing: () => undefined
}

/** Does what an act says. */
export const perform = <Tag extends Act["_tag"]>(
  simulation: Simulation,
  act: Extract<Act, { readonly _tag: Tag }>
): void => acting[act._tag as Tag](simulation, act)
