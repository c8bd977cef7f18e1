import { Metric, MetricBoundaries, MetricLabel } from "effect"
import { type Labels, remembering } from "../runtime/MetricLabels.ts"
import { type AcquireError, noRefusals } from "./PoolError.ts"
import { noEvictions, type PoolEvent } from "./PoolEvent.ts"
import { type State, total } from "./PoolState.ts"

/** Seconds, from a hand-over in memory to the default acquire timeout. */
const seconds = MetricBoundaries.fromIterable([
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
])

const name = (suffix: string) => `db.client.connection.${suffix}`

/** In the names and units of OpenTelemetry's semantic conventions for database clients (1.29). */
export const poolMetrics = {
  count: Metric.gauge(name("count"), {
    description: "Connections that are currently in the state of the attribute."
  }),
  max: Metric.gauge(name("max"), { description: "Most connections that may be open." }),
  idleMin: Metric.gauge(name("idle.min"), { description: "Fewest connections kept when idle." }),
  pending: Metric.gauge(name("pending_requests"), {
    description: "Callers that wait for a connection."
  }),
  timeouts: Metric.counter(name("timeouts"), {
    description: "Callers that were refused because they could not be served in time.",
    incremental: true
  }),
  refusals: Metric.counter(name("refusals"), {
    description: "Callers that were refused, by reason; those of the timeouts are among them.",
    incremental: true
  }),
  createTime: Metric.histogram(name("create_time"), seconds, "Seconds to open a connection."),
  waitTime: Metric.histogram(name("wait_time"), seconds, "Seconds a caller waited for one."),
  useTime: Metric.histogram(name("use_time"), seconds, "Seconds from lending to giving back."),
  evictions: Metric.counter(name("evictions"), {
    description: "Connections closed, by reason.",
    incremental: true
  }),
  retries: Metric.counter(name("retries"), {
    description: "Dials and validations that failed.",
    incremental: true
  }),
  breaker: Metric.gauge(name("breaker"), {
    description: "The breaker around connecting: 0 closed, 1 half-open, 2 open."
  })
}

const breakerLevel: Readonly<Record<State["breaker"]["_tag"], number>> = {
  Closed: 0,
  HalfOpen: 1,
  Open: 2
}

/** Writes what a pool does into Effect's metrics, under the pool's name. */
export class PoolMetrics {
  // The registry finds a metric by the identity of its labels, so they are made once.
  private readonly pool: Labels
  private readonly idle: Labels
  private readonly used: Labels
  private readonly connecting: Labels
  private readonly reason: (reason: string) => Labels
  private last: State | undefined

  constructor(poolName: string) {
    this.pool = [MetricLabel.make(name("pool.name"), poolName)]
    this.idle = [...this.pool, MetricLabel.make(name("state"), "idle")]
    this.used = [...this.pool, MetricLabel.make(name("state"), "used")]
    this.connecting = [...this.pool, MetricLabel.make(name("state"), "connecting")]
    this.reason = remembering((reason) => [...this.pool, MetricLabel.make("reason", reason)])
    // What has not happened yet is no time, rather than nothing: an alert can be made of it.
    poolMetrics.timeouts.unsafeUpdate(0, this.pool)
    poolMetrics.retries.unsafeUpdate(0, this.pool)
    for (const [reason, none] of Object.entries(noRefusals)) {
      poolMetrics.refusals.unsafeUpdate(none, this.reason(reason))
    }
    for (const [reason, none] of Object.entries(noEvictions)) {
      poolMetrics.evictions.unsafeUpdate(none, this.reason(reason))
    }
  }

  /** Only what has changed is written. */
  stepped(state: State): void {
    const { last, pool } = this
    this.last = state
    if (last?.counts !== state.counts) this.counted(state, last)
    if (last?.waiting.size !== state.waiting.size) {
      poolMetrics.pending.unsafeUpdate(state.waiting.size, pool)
    }
    if (last?.breaker._tag !== state.breaker._tag) {
      poolMetrics.breaker.unsafeUpdate(breakerLevel[state.breaker._tag], pool)
    }
    if (last === undefined) {
      poolMetrics.max.unsafeUpdate(state.limits.max, pool)
      poolMetrics.idleMin.unsafeUpdate(state.limits.min, pool)
    } else if (state.failures > last.failures) {
      poolMetrics.retries.unsafeUpdate(state.failures - last.failures, pool)
    }
  }

  private counted(state: State, last: State | undefined): void {
    const { counts } = state
    if (last?.counts.connecting !== counts.connecting) {
      poolMetrics.count.unsafeUpdate(counts.connecting, this.connecting)
    }
    poolMetrics.count.unsafeUpdate(counts.idle, this.idle)
    poolMetrics.count.unsafeUpdate(total(state) - counts.idle - counts.connecting, this.used)
  }

  lent(waitedMillis: number): void {
    poolMetrics.waitTime.unsafeUpdate(waitedMillis / 1000, this.pool)
  }

  released(usedMillis: number): void {
    poolMetrics.useTime.unsafeUpdate(usedMillis / 1000, this.pool)
  }

  refused(reason: AcquireError["_tag"]): void {
    if (reason === "AcquireTimeout") poolMetrics.timeouts.unsafeUpdate(1, this.pool)
    poolMetrics.refusals.unsafeUpdate(1, this.reason(reason))
  }

  reported(event: PoolEvent): void {
    if (event._tag === "Dialed") poolMetrics.createTime.unsafeUpdate(event.took / 1000, this.pool)
    if (event._tag === "Evicted") poolMetrics.evictions.unsafeUpdate(1, this.reason(event.reason))
  }
}
