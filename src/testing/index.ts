export { FreshDatabaseError } from "./Administration.ts"
export type { CutEnding } from "./Cut.ts"
export { clientConfigs, poolConfigs } from "./configArbitraries.ts"
export type { Drop } from "./Drop.ts"
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./EmbeddedPostgres.ts"
export { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
export type { StopMode } from "./EmbeddedServer.ts"
export type { FatalMessage } from "./FatalMessage.ts"
export {
  type Fault,
  type ProxyFault,
  proxyFaultKinds,
  type ServerFault,
  type SimulatedFault,
  serverFaultKinds,
  simulatedFaultKinds
} from "./Fault.ts"
export { FaultProxy, type FaultProxyOptions } from "./FaultProxy.ts"
export { FaultSchedule, type Inject, injectInto, type ScheduledFault } from "./FaultSchedule.ts"
export { FreshDatabase, type FreshDatabaseOptions } from "./FreshDatabase.ts"
export type { FaultScheduleOptions } from "./faultArbitraries.ts"
export { FaultProxyError } from "./Listener.ts"
export { MemoryMailer, type ReceivedMail } from "./MemoryMailer.ts"
export type { FaultProxyStats } from "./ProxiedConnections.ts"
export { SimulatedServer } from "./SimulatedServer.ts"
export type { SimulatedConnection } from "./SimulatedSession.ts"
export type { Address, Upstream } from "./Upstream.ts"
export type { Direction, WireMessage } from "./WireMessage.ts"
