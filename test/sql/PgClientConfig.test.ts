import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { type PgClientConfig, poolConfig } from "../../src/sql/PgClientConfig.ts"

describe("the knobs of the pool in a client's configuration", () => {
  it("have the pool's defaults where nothing is said", () => {
    const { name, ...knobs } = poolConfig({ keepalive: undefined, maxWaiting: undefined })
    const { name: _name, ...usual } = defaults
    assert.deepStrictEqual(knobs, usual)
    assert.strictEqual(name, "localhost:5432/postgres")
  })

  it("are the pool's own, with durations in any form", () => {
    const said = {
      acquireTimeout: "2 seconds",
      maxWaiting: 7,
      maxRetries: 0,
      retryDelay: 20,
      validateAfterIdle: Duration.zero,
      validateTimeout: 300,
      keepalive: "1 minute",
      leakThreshold: Duration.infinity
    } satisfies PgClientConfig
    assert.deepInclude(poolConfig(said), {
      acquireTimeout: Duration.seconds(2),
      maxWaiting: 7,
      maxRetries: 0,
      retryDelay: Duration.millis(20),
      validateAfterIdle: Duration.zero,
      validateTimeout: Duration.millis(300),
      keepalive: Duration.minutes(1),
      leakThreshold: Duration.infinity
    })
  })
})
