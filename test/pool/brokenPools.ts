import { Duration, Effect, Schedule } from "effect"
import type { Simulated } from "../../proofs/simulation/Database.ts"
import type { Subject } from "../../proofs/simulation/Simulation.ts"
import type { Connector } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import type { PoolConfig } from "../../src/pool/PoolConfig.ts"

/** A pool with one fault, and the invariant that it breaks. */
export interface BrokenPool {
  /** Completes "a pool that ...". */
  readonly what: string
  readonly invariant: string
  readonly subject: Subject
}

const withConfig =
  (change: (config: PoolConfig) => Partial<PoolConfig>): Subject =>
  (connector, config) =>
    make(connector, { ...config, ...change(config) })

const withPool =
  (change: (pool: PoolOf<Simulated>) => Partial<PoolOf<Simulated>>): Subject =>
  (connector, config) =>
    Effect.map(make(connector, config), (pool) => ({ ...pool, ...change(pool) }))

const withConnector =
  (change: (connector: Connector<Simulated>) => Connector<Simulated>): Subject =>
  (connector, config) =>
    make(change(connector), config)

/** As `connect`, with connections that are not what they should be. */
const withConnection = (change: (connection: Simulated) => Partial<Simulated>): Subject =>
  withConnector(({ connect }) => ({
    connect: (onLoss) =>
      Effect.map(connect(onLoss), (connection) => ({ ...connection, ...change(connection) }))
  }))

/** Lends the same connection to everybody who asks while somebody has it. */
const sharing: Subject = (connector, config) =>
  Effect.map(make(connector, config), (pool) => {
    let shared: Simulated | undefined
    return {
      ...pool,
      use: (f) =>
        Effect.suspend(() => {
          if (shared !== undefined) return f(shared)
          return Effect.ensuring(
            pool.use((connection) => {
              shared = connection
              return f(connection)
            }),
            Effect.sync(() => {
              shared = undefined
            })
          )
        })
    }
  })

/** Pools that do what the invariants forbid, built from one that does not. */
export const brokenPools: ReadonlyArray<BrokenPool> = [
  {
    what: "opens more connections than its maximum",
    invariant: "withinTheMaximum",
    subject: withConfig(({ max }) => ({ max: max + 1 }))
  },
  {
    what: "lends a connection to two at the same time",
    invariant: "oneBorrowerEach",
    subject: sharing
  },
  {
    what: "answers later than it promised",
    invariant: "everyoneIsAnsweredInTime",
    subject: withConfig(({ acquireTimeout }) => ({
      acquireTimeout: Duration.times(acquireTimeout, 2)
    }))
  },
  {
    what: "gives up sooner than it promised",
    invariant: "everyAnswerIsTyped",
    subject: withConfig(({ acquireTimeout }) => ({
      acquireTimeout: Duration.times(acquireTimeout, 0.5)
    }))
  },
  {
    what: "lets nobody be interrupted who waits",
    invariant: "theInterruptedAreGone",
    subject: withPool(({ use }) => ({ use: (f) => Effect.uninterruptible(use(f)) }))
  },
  {
    what: "turns a typed failure into a defect",
    invariant: "everyAnswerIsTyped",
    subject: withPool(({ use }) => ({ use: (f) => Effect.orDie(use(f)) }))
  },
  {
    what: "never validates",
    invariant: "nothingUnprovenIsLent",
    subject: withConfig(() => ({ validateAfterIdle: Duration.hours(1) }))
  },
  {
    what: "lends what has ended while the process was frozen",
    invariant: "nothingUnprovenIsLent",
    subject: withConnection(() => ({ catchUp: Effect.void }))
  },
  {
    what: "does not listen to the ends of its connections",
    invariant: "theDeadAreForgotten",
    subject: withConnector(({ connect }) => ({ connect: () => connect(() => undefined) }))
  },
  {
    what: "keeps lending what was opened before it was recreated",
    invariant: "theCondemnedAreClosed",
    subject: withPool(() => ({ recreate: Effect.void }))
  },
  {
    what: "condemns everything with every loss",
    invariant: "nothingGoodIsClosed",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => connect((loss) => onLoss({ ...loss, provesRestart: true }))
    }))
  },
  {
    what: "condemns nothing when the server has restarted",
    invariant: "theCondemnedAreClosed",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => connect((loss) => onLoss({ ...loss, provesRestart: false }))
    }))
  },
  {
    what: "dials again and again without a delay",
    invariant: "oneProbeAtATime",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => Effect.retry(connect(onLoss), { times: 2 })
    }))
  },
  {
    what: "waits longer and longer between dials",
    invariant: "serviceComesBack",
    subject: withConfig(({ redialDelay: { base } }) => ({
      redialDelay: { base, cap: Duration.minutes(1) }
    }))
  },
  {
    what: "keeps its connections awake",
    invariant: "nothingIsSentUnasked",
    subject: (connector, config) =>
      Effect.tap(make(connector, config), (pool) =>
        Effect.forkScoped(Effect.repeat(Effect.ignore(pool.check), Schedule.spaced("1 second")))
      )
  },
  {
    what: "keeps every connection it has ever opened",
    invariant: "theSurplusRetires",
    subject: withConfig(() => ({ idleTimeout: Duration.hours(1) }))
  },
  {
    what: "leaves connections open when it is closed",
    invariant: "nothingIsLeft",
    subject: withConnection(() => ({ close: Effect.void }))
  },
  {
    what: "counts its callers wrong",
    invariant: "theCountsAgree",
    subject: withPool(({ stats }) => ({
      stats: Effect.map(stats, (counts) => ({ ...counts, waiting: counts.waiting + 1 }))
    }))
  }
]
