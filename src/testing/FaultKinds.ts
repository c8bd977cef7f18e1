import type { ProxyFault, ServerFault } from "./Fault.ts"
import type { SimulatedFault } from "./SimulatedServer.ts"

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
] as const satisfies ReadonlyArray<SimulatedFault["_tag"]>
