import { describe } from "@effect/vitest"
import { Effect } from "effect"
import type { Subject } from "../../proofs/simulation/Simulation.ts"
import { make } from "../../src/pool/Pool.ts"
import { simulated } from "./seeds.ts"

/** A pool whose connector does something with each session before it is lent. */
const subject: Subject = (connector, config) =>
  make({ ...connector, prepare: () => Effect.yieldNow() }, config)

// A file of its own, so that two workers share the seeds.
describe("a pool that prepares its connections, in any other program", () => {
  simulated(5_001, 5_000, { subject })
})
