import { Duration, Effect, Schedule, Stream } from "effect"
import type { Simulated } from "../../proofs/simulation/Database.ts"
import type { Subject } from "../../proofs/simulation/Simulation.ts"
import type { Connector } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import type { PoolConfig } from "../../src/pool/PoolConfig.ts"
import { AcquireTimeout, ConnectError } from "../../src/pool/PoolError.ts"

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

/** Changes for how long a server that refuses a dial asks not to be dialed again. */
const withPauses = (change: (asked: Duration.Duration) => Duration.Duration): Subject =>
  withConnector(({ connect }) => ({
    connect: (onLoss) =>
      Effect.mapError(
        connect(onLoss),
        ({ retryAfter, ...error }) =>
          new ConnectError({ ...error, retryAfter: retryAfter && change(retryAfter) })
      )
  }))

const tooMany = new AcquireTimeout({
  message: "by the pace of the queue it would take too long",
  retryAfter: Duration.seconds(1)
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
    invariant: "dialsKeepTheirDistance",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => Effect.retry(connect(onLoss), { times: 2 })
    }))
  },
  {
    what: "waits longer and longer between dials",
    invariant: "everyAnswerIsTyped",
    subject: withConfig(({ redialDelay: { base } }) => ({
      redialDelay: { base, cap: Duration.minutes(1) }
    }))
  },
  {
    what: "is slow to look for a server that was away",
    invariant: "serviceComesBack",
    subject: withConfig(() => {
      const delay = Duration.seconds(2)
      return { redialDelay: { base: delay, cap: delay } }
    })
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
  },
  {
    what: "leaves room where somebody waits",
    invariant: "somebodyDialsForWhoeverWaits",
    subject: withConfig(({ max, min }) => ({ max: Math.max(1, min, max - 1) }))
  },
  {
    what: "lets one more wait than may",
    invariant: "noMoreWaitThanMay",
    subject: withConfig(({ maxWaiting }) => ({ maxWaiting: maxWaiting + 1 }))
  },
  {
    what: "refuses callers where the queue has room",
    invariant: "everyAnswerIsTyped",
    subject: withConfig(({ maxWaiting }) => ({ maxWaiting: Math.ceil(maxWaiting / 2) }))
  },
  {
    what: "refuses callers by a pace that it does not know",
    invariant: "everyAnswerIsTyped",
    subject: withPool(({ stats, use }) => ({
      use: (f) =>
        Effect.flatMap(stats, ({ waiting }) => (waiting > 2 ? Effect.fail(tooMany) : use(f)))
    }))
  },
  {
    what: "does not hear for how long the server wants to be left alone",
    invariant: "dialsKeepTheirDistance",
    subject: withPauses(() => Duration.zero)
  },
  {
    what: "leaves the server alone for much longer than it has asked for",
    invariant: "everyAnswerIsTyped",
    subject: withPauses(Duration.times(4))
  },
  {
    what: "opens two connections where the ramp allows one",
    invariant: "noMoreDialsThanTheRamp",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => Effect.raceFirst(connect(onLoss), connect(onLoss))
    }))
  },
  {
    what: "overtakes a dial before its time",
    invariant: "noMoreDialsThanTheRamp",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) =>
        Effect.raceFirst(connect(onLoss), Effect.delay(connect(onLoss), "500 millis"))
    }))
  },
  {
    what: "lets a dial go on that another has overtaken",
    invariant: "noDialIsLeftBehind",
    subject: withConnector(({ connect }) => ({
      connect: (onLoss) => Effect.uninterruptible(connect(onLoss))
    }))
  },
  {
    what: "takes every silent server for one that is at work",
    invariant: "somebodyDialsForWhoeverWaits",
    subject: ({ connect }, config) =>
      make(
        {
          connect: (onLoss, onSign) =>
            Effect.zipRight(
              Effect.sync(() => onSign?.()),
              connect(onLoss)
            )
        },
        { ...config, connectTimeout: Duration.minutes(1) }
      )
  },
  {
    what: "lets its idle connections be forgotten",
    invariant: "theIdleAreKeptAlive",
    subject: withConfig(() => ({ keepalive: Duration.infinity }))
  },
  {
    what: "keeps its idle connections alive twice as often as it was told",
    invariant: "nothingIsSentUnasked",
    subject: withConfig(({ keepalive }) => ({ keepalive: Duration.times(keepalive, 0.5) }))
  },
  {
    what: "does not tell who holds a connection for too long",
    invariant: "leaksAreToldOf",
    subject: withConfig(() => ({ leakThreshold: Duration.infinity }))
  },
  {
    what: "suspects who holds a connection for half as long as may be",
    invariant: "onlyLeaksAreToldOf",
    subject: withConfig(({ leakThreshold }) => ({
      leakThreshold: Duration.times(leakThreshold, 0.5)
    }))
  },
  {
    what: "tells twice of callers that were given up",
    invariant: "theGivenUpAreToldOnceASecond",
    subject: withPool(({ events }) => ({
      events: Stream.flatMap(events, (one) => Stream.make(one, one))
    }))
  },
  {
    what: "is drained before everything has come back",
    invariant: "aDrainedPoolHasNothing",
    subject: withPool(({ drain }) => ({ drain: Effect.asVoid(Effect.fork(drain)) }))
  },
  {
    what: "is never drained",
    invariant: "drainingEnds",
    subject: withPool(({ drain }) => ({ drain: Effect.zipRight(drain, Effect.never) }))
  },
  {
    what: "says that its breaker is closed, whatever it is",
    invariant: "theCountsAgree",
    subject: withPool(({ stats }) => ({
      stats: Effect.map(stats, (counts) => ({ ...counts, breaker: "closed" as const }))
    }))
  }
]
