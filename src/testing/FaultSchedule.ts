import { Duration, Effect, type FastCheck, type Scope } from "effect"
import type { EmbeddedPostgres } from "./EmbeddedPostgres.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { type Fault, isServerFault } from "./Fault.ts"
import type { FaultProxy } from "./FaultProxy.ts"
import { type FaultScheduleOptions, scheduledFaults } from "./faultArbitraries.ts"
import { literal } from "./literal.ts"

/** One fault of a schedule. */
export interface ScheduledFault<F extends Fault = Fault> {
  /** When it begins, counted from the start of the schedule. */
  readonly at: Duration.DurationInput
  /**
   * When it ends, counted from its beginning; of a cut: how long it waits for its occasion. Default:
   * at once, which leaves a strike what it is, a `Restart` a short one, and others without effect.
   */
  readonly lasts?: Duration.DurationInput
  readonly fault: F
}

/** Begins a fault that ends with the scope: `inject` of a proxy, a server or a simulation. */
export type Inject<F extends Fault, E = never, R = never> = (
  fault: F
) => Effect.Effect<void, E, R | Scope.Scope>

/**
 * What goes wrong and when: plain data, so that it can be generated, shrunk, printed and replayed.
 * Its text is the expression that makes it: what a failing property prints can be pasted.
 *
 * @example
 * ```ts
 * const schedule = FaultSchedule.make([
 *   { at: "50 millis", lasts: "300 millis", fault: { _tag: "Latency", each: "20 millis" } },
 *   { at: "100 millis", fault: { _tag: "Drop", how: "reset" } }
 * ])
 * yield* Effect.all([workload, FaultSchedule.run(schedule, proxy.inject)], { concurrency: 2 })
 * ```
 */
export class FaultSchedule<F extends Fault = Fault> {
  /** In the order in which they were given. */
  readonly faults: ReadonlyArray<ScheduledFault<F>>

  private constructor(faults: ReadonlyArray<ScheduledFault<F>>) {
    this.faults = faults
  }

  /** A schedule of those faults. They may overlap. */
  static make<const F extends Fault>(faults: ReadonlyArray<ScheduledFault<F>>): FaultSchedule<F> {
    return new FaultSchedule(faults)
  }

  /**
   * Schedules at random, for a property of your service. They shrink to fewer faults, which begin
   * earlier, last shorter and are of the kinds named first.
   */
  static arbitrary<Kind extends Fault["_tag"]>(
    options: FaultScheduleOptions<Kind>
  ): FastCheck.Arbitrary<FaultSchedule<Extract<Fault, { readonly _tag: Kind }>>> {
    return scheduledFaults(options).map((faults) => FaultSchedule.make(faults))
  }

  /**
   * Runs a schedule by the present clock, and ends when its last fault has. Interrupted, it ends
   * those that are in force.
   */
  static run<F extends Fault, E, R>(
    schedule: FaultSchedule<F>,
    inject: Inject<F, E, R>
  ): Effect.Effect<void, E, Exclude<R, Scope.Scope>> {
    return Effect.forEach(
      schedule.faults,
      ({ at, fault, lasts = Duration.zero }) =>
        inject(fault).pipe(Effect.andThen(Effect.sleep(lasts)), Effect.scoped, Effect.delay(at)),
      { concurrency: "unbounded", discard: true }
    )
  }

  /** When the last fault has ended, counted from the start. */
  get duration(): Duration.Duration {
    const ends = this.faults.map(({ at, lasts = 0 }) => Duration.sum(at, lasts))
    return ends.reduce(Duration.max, Duration.zero)
  }

  toString(): string {
    const lines = this.faults.map((fault) => `\n  ${literal(fault)}`)
    return `FaultSchedule.make([${lines.join(",")}${lines.length > 0 ? "\n" : ""}])`
  }
}

/** Injects faults of the network into a proxy, and those of the server into an embedded one. */
export const injectInto =
  (
    proxy: FaultProxy["Type"],
    server: EmbeddedPostgres["Type"]
  ): Inject<Fault, EmbeddedPostgresError> =>
  (fault) =>
    isServerFault(fault) ? server.inject(fault) : proxy.inject(fault)
