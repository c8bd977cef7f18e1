import type { Duration } from "effect"
import type { CutEnding } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import type { StopMode } from "./EmbeddedServer.ts"
import type { FatalMessage } from "./FatalMessage.ts"
import type { Direction } from "./WireMessage.ts"

// One that is new needs no method of its own, since `inject` takes it: its type and its kind here, an
// arbitrary in faultArbitraries.ts, and the place where it happens.

/** Something that is wrong with a network for a while, as plain data. */
export type LastingFault =
  /** Every byte arrives that much later, both ways. */
  | { readonly _tag: "Latency"; readonly each: Duration.DurationInput }
  /** At most that many bytes per second in each direction of each connection. */
  | { readonly _tag: "Bandwidth"; readonly bytesPerSecond: number }
  /** No byte arrives while it lasts, and all of them after. */
  | { readonly _tag: "Stall" }
  /** No byte arrives, ever, on connections that were open or were opened meanwhile. */
  | { readonly _tag: "Blackhole" }
  /** The same in one direction only. */
  | { readonly _tag: "Mute"; readonly direction: Direction }
  /** New connections get ECONNREFUSED. */
  | { readonly _tag: "Refuse" }
  /** New connections beyond that many are told `answer`, by default 53300. */
  | { readonly _tag: "ConnectionLimit"; readonly max: number; readonly answer?: FatalMessage }
  /** New connections are accepted, and hear nothing before they are that old. */
  | { readonly _tag: "ColdStart"; readonly delay: Duration.DurationInput }
  /** What is open is dropped (default: `"terminate"`); the first new connection wakes the server. */
  | { readonly _tag: "Suspend"; readonly wake: Duration.DurationInput; readonly how?: Drop }
  /** Connections are dropped after that long without a byte. */
  | { readonly _tag: "IdleDrop"; readonly after: Duration.DurationInput; readonly how: Drop }

/** A fault of the network, as plain data: what a `FaultProxy` can be told to do. */
export type ProxyFault =
  | LastingFault
  /** Every connection that is open is dropped. */
  | { readonly _tag: "Drop"; readonly how: Drop }
  /** One connection is cut behind an exact byte: see `FaultProxy.cutAt`. */
  | {
      readonly _tag: "CutAt"
      readonly direction: Direction
      readonly bytes: number
      readonly of?: "next" | "open"
      readonly ending?: CutEnding
    }
  /** The next COMMIT, or its answer, is lost with its connection: see `FaultProxy.cutCommit`. */
  | {
      readonly _tag: "CutCommit"
      readonly when: "before" | "after"
      readonly ending?: CutEnding
    }

/** A fault of the server, as plain data: what an `EmbeddedPostgres` can be told to do. */
export type ServerFault =
  /** It is stopped, and started again when the fault ends. */
  | { readonly _tag: "Restart"; readonly mode: StopMode }
  /** It is killed, and started again when the fault ends. */
  | { readonly _tag: "Crash" }
  /** It stands still while the fault lasts; connections stay open, and nobody answers on them. */
  | { readonly _tag: "Freeze" }
  /** Every session is ended by an administrator (57P01). */
  | { readonly _tag: "KillSessions" }

/** All that can be done to a service's database. */
export type Fault = ProxyFault | ServerFault

/** Every kind of fault that a `FaultProxy` injects, the simplest first. */
export const proxyFaultKinds = [
  "Drop",
  "Latency",
  "Bandwidth",
  "Stall",
  "Refuse",
  "ColdStart",
  "ConnectionLimit",
  "IdleDrop",
  "Suspend",
  "CutCommit",
  "CutAt",
  "Mute",
  "Blackhole"
] as const satisfies ReadonlyArray<ProxyFault["_tag"]>

/** Every kind of fault that an `EmbeddedPostgres` injects, the simplest first. */
export const serverFaultKinds = [
  "KillSessions",
  "Restart",
  "Freeze",
  "Crash"
] as const satisfies ReadonlyArray<ServerFault["_tag"]>

/** Every kind of fault that a `SimulatedServer` injects, the simplest first. */
export const simulatedFaultKinds = [
  "Drop",
  "Latency",
  "Stall",
  "Refuse",
  "ColdStart",
  "ConnectionLimit",
  "Suspend",
  "Blackhole",
  "KillSessions",
  "Restart",
  "Freeze",
  "Crash"
] as const satisfies ReadonlyArray<Fault["_tag"]>

/** The faults that a simulation knows. A latency is paid twice per trip, there and back. */
export type SimulatedFault = Extract<Fault, { readonly _tag: (typeof simulatedFaultKinds)[number] }>

const ofServer: ReadonlySet<string> = new Set(serverFaultKinds)

/** Whether it is the server that misbehaves, not the network before it. */
export const isServerFault = (fault: Fault): fault is ServerFault => ofServer.has(fault._tag)
