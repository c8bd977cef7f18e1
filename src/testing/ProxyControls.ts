import { type Duration, Effect } from "effect"
import type { CutEnding } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import type { FatalMessage } from "./FatalMessage.ts"
import type { ProxiedConnections } from "./ProxiedConnections.ts"
import type { ProxyFaults } from "./ProxyFaults.ts"
import { type Direction, isCommit, type WireMessage } from "./WireMessage.ts"

/** The methods of a proxy that strike what is connected. */
export const strikes = (connections: ProxiedConnections) => {
  const dropAll = (how: Drop) => Effect.sync(() => connections.dropAll(how))
  return {
    resetAll: dropAll("reset"),
    closeAll: dropAll("close"),
    terminateAll: dropAll("terminate"),
    forgetAll: dropAll("forget"),
    blackholeAll: dropAll("blackhole")
  }
}

/** The methods of a proxy that last until it is healed. */
export const modes = ({ set }: ProxyFaults) => ({
  latency: (each: Duration.DurationInput) => set({ _tag: "Latency", each }),
  bandwidth: (bytesPerSecond: number) => set({ _tag: "Bandwidth", bytesPerSecond }),
  stall: set({ _tag: "Stall" }),
  blackhole: set({ _tag: "Blackhole" }),
  mute: (direction: Direction) => set({ _tag: "Mute", direction }),
  refuse: set({ _tag: "Refuse" }),
  connectionLimit: (max: number, answer?: FatalMessage) =>
    set({ _tag: "ConnectionLimit", max, ...(answer === undefined ? {} : { answer }) }),
  coldStart: (delay: Duration.DurationInput) => set({ _tag: "ColdStart", delay }),
  suspend: (wake: Duration.DurationInput, how: Drop = "terminate") =>
    set({ _tag: "Suspend", wake, how }),
  idleDrop: (after: Duration.DurationInput, how: Drop) => set({ _tag: "IdleDrop", after, how })
})

/** The methods of a proxy that cut one connection at one place. */
export const cuts = ({ order }: ProxyFaults) => {
  const cutAt = (
    direction: Direction,
    bytes: number,
    of: "next" | "open" = "next",
    ending: CutEnding = "reset"
  ) =>
    // A cut is carried out once; whoever runs the effect again orders another.
    Effect.suspend(() =>
      order({ _tag: "ByteCut", direction, remaining: bytes, ending, spent: false }, of)
    )
  const cutAtMessage =
    (side: "before" | "after") =>
    (
      direction: Direction,
      matches: (message: WireMessage) => boolean,
      ending: CutEnding = "reset"
    ) =>
      Effect.suspend(() =>
        order({ _tag: "MessageCut", direction, side, matches, ending, spent: false }, "any")
      )
  const cutBefore = cutAtMessage("before")
  return {
    cutAt,
    cutBefore,
    cutAfter: cutAtMessage("after"),
    cutCommit: (when: "before" | "after", ending?: CutEnding) =>
      cutBefore(when === "before" ? "toServer" : "toClient", isCommit, ending)
  }
}
