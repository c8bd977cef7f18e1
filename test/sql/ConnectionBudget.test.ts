import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { connectionsOf, demand, largestPool, supply } from "../../src/sql/ConnectionBudget.ts"

const natural = (max: number) => FastCheck.integer({ min: 0, max })

const fleets = FastCheck.record({
  instances: FastCheck.integer({ min: 1, max: 20 }),
  surge: natural(20),
  poolMax: FastCheck.integer({ min: 1, max: 100 }),
  isListening: FastCheck.boolean()
})

const limits = FastCheck.record({
  maxConnections: FastCheck.integer({ min: 10, max: 1000 }),
  superuserReserved: natural(5),
  reserved: natural(5),
  roleLimit: FastCheck.integer({ min: -1, max: 500 }),
  databaseLimit: FastCheck.integer({ min: -1, max: 500 }),
  others: natural(20),
  othersOfRole: natural(20),
  othersOfDatabase: natural(20)
})

describe("a budget of connections", () => {
  it("three instances of ten, replaced at once, ask for 66 of PostgreSQL's usual 97", () => {
    expect(connectionsOf({ instances: 3, poolMax: 10 })).toBe(11)
    expect(demand({ instances: 3, poolMax: 10 })).toBe(66)
    expect(demand({ instances: 3, surge: 1, poolMax: 10 })).toBe(44)
    expect(supply({ maxConnections: 100, superuserReserved: 3 })).toBe(97)
  })

  it("a limit of the role or the database counts where it is lower, and -1 is none", () => {
    const server = { maxConnections: 100, superuserReserved: 3, reserved: 2 }
    expect(supply({ ...server, roleLimit: 20, databaseLimit: -1 })).toBe(20)
    expect(supply({ ...server, roleLimit: -1, databaseLimit: 30 })).toBe(30)
    expect(supply({ ...server, others: 1000 })).toBe(0)
  })

  it("a limit is compared with the sessions that count towards it", () => {
    const server = { maxConnections: 100, superuserReserved: 3, others: 60 }
    expect(supply({ ...server, roleLimit: 20, othersOfRole: 2 })).toBe(18)
    expect(supply({ ...server, databaseLimit: 30, othersOfDatabase: 5 })).toBe(25)
    expect(supply({ ...server, roleLimit: 50 })).toBe(37)
  })

  it.prop(
    "the largest pool is met by the server, and one more is not",
    [fleets, limits],
    ([fleet, server]) => {
      const poolMax = largestPool(fleet, server)
      expect(demand({ ...fleet, poolMax })).toBeLessThanOrEqual(supply(server))
      expect(demand({ ...fleet, poolMax: poolMax + 1 })).toBeGreaterThan(supply(server))
    }
  )
})
