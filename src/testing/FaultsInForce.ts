import { type Clock, Duration, Effect, Fiber, type Scope } from "effect"
import { conditionsUnder } from "./Conditions.ts"
import type { Cut } from "./Cut.ts"
import type { LastingFault, ProxyFault } from "./Fault.ts"
import type { Listener } from "./Listener.ts"
import type { ProxiedConnections } from "./ProxiedConnections.ts"
import { Suspension } from "./Suspension.ts"
import { isCommit } from "./WireMessage.ts"

/** Ends one fault. */
export type Ending = Effect.Effect<void>

type Of<Tag extends ProxyFault["_tag"]> = Extract<ProxyFault, { readonly _tag: Tag }>

const delaying: ReadonlyArray<ProxyFault["_tag"]> = ["Latency", "Bandwidth", "Stall", "ColdStart"]

/** Whether it makes connections lose bytes, so that they can't be healed. */
const breaks = (fault: ProxyFault) =>
  fault._tag === "Blackhole" ||
  fault._tag === "Mute" ||
  ("how" in fault && fault.how === "blackhole") ||
  ("ending" in fault && fault.ending === "blackhole")

const cutOf = (fault: Of<"CutAt" | "CutCommit">): Cut => {
  const { ending = "reset" } = fault
  if (fault._tag === "CutAt") {
    const { bytes, direction } = fault
    return { _tag: "ByteCut", direction, remaining: bytes, ending, spent: false }
  }
  const direction = fault.when === "before" ? "toServer" : "toClient"
  const message = { side: "before", matches: isCommit, ending, spent: false } as const
  return { _tag: "MessageCut", direction, ...message }
}

/** The faults of a proxy, brought about in its connections and its listener. */
export class FaultsInForce {
  private readonly lasting = new Set<{ readonly fault: LastingFault }>()
  private readonly connections: ProxiedConnections
  private readonly listener: Listener
  private readonly scope: Scope.Scope
  private readonly clock: Clock.Clock
  /** Gives up what has lost bytes, once nothing swallows any more. */
  private readonly mend = Effect.sync(() => {
    const { isBlackhole, muted } = this.connections.conditions
    if (!isBlackhole && !muted.toServer && !muted.toClient) this.connections.resetBroken()
  })

  constructor(stage: {
    readonly connections: ProxiedConnections
    readonly listener: Listener
    /** Watches over idle connections end with it, if not before. */
    readonly scope: Scope.Scope
    readonly clock: Clock.Clock
  }) {
    this.connections = stage.connections
    this.listener = stage.listener
    this.scope = stage.scope
    this.clock = stage.clock
  }

  /** Begins a fault, and answers how to end it. */
  begin(fault: ProxyFault): Effect.Effect<Ending> {
    const begun = this.start(fault)
    return breaks(fault) ? Effect.map(begun, (end) => Effect.andThen(end, this.mend)) : begun
  }

  /** Orders a cut. Ended before it struck, it is called off. */
  order(cut: Cut, of: "next" | "open" | "any"): Effect.Effect<Ending> {
    return Effect.sync(() => {
      this.connections.arm(cut, of)
      return Effect.sync(() => {
        cut.spent = true
        this.connections.releaseCuts()
      })
    })
  }

  private start(fault: ProxyFault): Effect.Effect<Ending> {
    switch (fault._tag) {
      case "Drop":
        return Effect.sync(() => {
          this.connections.dropAll(fault.how)
          return Effect.void
        })
      case "CutAt":
        return Effect.suspend(() => this.order(cutOf(fault), fault.of ?? "next"))
      case "CutCommit":
        return Effect.suspend(() => this.order(cutOf(fault), "any"))
      case "IdleDrop":
        return this.watch(fault)
      case "Suspend":
        return Effect.sync(() => this.suspend(fault))
      default:
        return this.worsen(fault)
    }
  }

  private worsen(fault: LastingFault): Effect.Effect<Ending> {
    const entry = { fault }
    const end = Effect.suspend(() => {
      this.lasting.delete(entry)
      return this.apply()
    })
    const hasten = Effect.sync(() => {
      if (delaying.includes(fault._tag)) this.connections.hasten()
    })
    return Effect.suspend(() => {
      this.lasting.add(entry)
      return Effect.as(this.apply(), Effect.andThen(end, hasten))
    })
  }

  private suspend({ how = "terminate", wake }: Of<"Suspend">): Ending {
    const suspension = new Suspension(Duration.toMillis(wake))
    this.connections.suspensions.add(suspension)
    this.connections.dropAll(how)
    return Effect.sync(() => {
      this.connections.suspensions.delete(suspension)
      this.connections.hasten()
    })
  }

  private watch({ after, how }: Of<"IdleDrop">): Effect.Effect<Ending> {
    const look = Effect.suspend(() =>
      Effect.sleep(this.connections.dropIdle(how, Duration.toMillis(after)))
    )
    return Effect.forever(look).pipe(
      Effect.interruptible,
      Effect.withClock(this.clock),
      Effect.forkIn(this.scope),
      Effect.map((fiber) => Effect.asVoid(Fiber.interrupt(fiber)))
    )
  }

  private apply(): Effect.Effect<void> {
    const now = conditionsUnder([...this.lasting].map(({ fault }) => fault))
    this.connections.conditions = now
    if (now.isBlackhole) this.connections.dropAll("blackhole")
    return now.isRefusing ? this.listener.close : Effect.orDie(this.listener.open)
  }
}
