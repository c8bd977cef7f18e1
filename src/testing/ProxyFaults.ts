import { Effect, type Scope } from "effect"
import type { Cut } from "./Cut.ts"
import type { LastingFault, ProxyFault } from "./Fault.ts"
import { type Ending, FaultsInForce } from "./FaultsInForce.ts"
import type { Listener } from "./Listener.ts"
import type { ProxiedConnections } from "./ProxiedConnections.ts"

/** What a proxy has been told to do, and how it is untold. */
export interface ProxyFaults {
  /** Begins a fault, which ends with the scope. */
  readonly inject: (fault: ProxyFault) => Effect.Effect<void, never, Scope.Scope>
  /** Begins a fault that lasts until `heal`, or until another of its kind is set. */
  readonly set: (fault: LastingFault) => Effect.Effect<void>
  /** Orders a cut that only `heal` calls off. */
  readonly order: (cut: Cut, of: "next" | "open" | "any") => Effect.Effect<void>
  /** Ends every fault. */
  readonly heal: Effect.Effect<void>
}

/** Both directions can be muted by hand. */
const kindOf = (fault: LastingFault) =>
  fault._tag === "Mute" ? `${fault._tag} ${fault.direction}` : fault._tag

/** Faults for the connections and the listener of one proxy, ended at the latest with the scope. */
export const makeProxyFaults = (
  connections: ProxiedConnections,
  listener: Listener
): Effect.Effect<ProxyFaults, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    const faults = new FaultsInForce({ connections, listener, scope, clock })
    const byHand = new Map<string, Ending>()
    const endings = new Set<Ending>()
    const end = (ending: Ending | undefined) =>
      ending !== undefined && endings.delete(ending) ? ending : Effect.void
    const held = (begun: Effect.Effect<Ending>) =>
      Effect.tap(begun, (ending) => Effect.sync(() => endings.add(ending)))
    const set = (fault: LastingFault) =>
      Effect.flatMap(held(faults.begin(fault)), (ending) => {
        const previous = byHand.get(kindOf(fault))
        byHand.set(kindOf(fault), ending)
        // The new one is in force by now: what waits need not be let go between the two.
        return end(previous)
      })
    return {
      inject: (fault) => Effect.asVoid(Effect.acquireRelease(held(faults.begin(fault)), end)),
      set: (fault) => Effect.uninterruptible(set(fault)),
      order: (cut, of) => Effect.asVoid(held(faults.order(cut, of))),
      heal: Effect.suspend(() => Effect.forEach([...endings], end, { discard: true })).pipe(
        Effect.andThen(Effect.sync(() => connections.resetBroken())),
        Effect.uninterruptible
      )
    }
  })
