import { describe } from "@effect/vitest"
import { simulated } from "./seeds.ts"

// A file of its own, so that two workers share the seeds.
describe("the pool in any other program of callers, faults and time", () => {
  simulated(5_001, 5_000)
})
