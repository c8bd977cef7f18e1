import type { Tracer } from "effect"
import type { Alarm } from "../runtime/Alarm.ts"
import type { Instant } from "../runtime/Instant.ts"
import type { Lease } from "./Lease.ts"
import type { PoolEvent } from "./PoolEvent.ts"

/** Who holds a connection, as far as its span tells. */
export const nameOf = (span: Tracer.AnySpan | undefined): string => {
  if (span === undefined) return "a fiber without a span"
  return span._tag === "Span"
    ? `span "${span.name}" (trace ${span.traceId}, span ${span.spanId})`
    : `a span of another process (trace ${span.traceId}, span ${span.spanId})`
}

/**
 * Watches for connections that are held too long. Leases stand in the order they began, so looking
 * at the first of them is enough; each is told of once.
 */
export class Holders<C> {
  private readonly leases = new Map<number, Lease<C>>()
  private readonly threshold: number
  private readonly alarm: Alarm
  private readonly tell: (event: PoolEvent) => void

  constructor(threshold: number, alarm: Alarm, tell: (event: PoolEvent) => void) {
    this.threshold = threshold
    this.alarm = alarm
    this.tell = tell
  }

  add(lease: Lease<C>): void {
    if (!Number.isFinite(this.threshold)) return
    this.leases.set(lease.id, lease)
    // The alarm rings at the first deadline, and is set anew then: not for each lease.
    if (this.leases.size === 1) this.alarm.set(lease.since + this.threshold, lease.since)
  }

  remove({ id }: Lease<C>): void {
    this.leases.delete(id)
  }

  /** Tells of those whose time is up, and waits for the next. */
  look(now: Instant): void {
    for (const lease of this.leases.values()) {
      const reportAt = lease.since + this.threshold
      if (reportAt > now) {
        this.alarm.set(reportAt, now)
        return
      }
      this.leases.delete(lease.id)
      this.tell({ _tag: "Leaked", heldFor: now - lease.since, holder: nameOf(lease.holder) })
    }
  }
}
