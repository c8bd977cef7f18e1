import type { Machine } from "../Machine.ts"
import type { Scale } from "./HttpBenchmarks.ts"
import { figures, type Measurements } from "./Interleaved.ts"
import type { Slice } from "./Slice.ts"

/** Everything that was measured, and where. */
export interface HttpRun {
  readonly scale: Scale
  readonly lookUps: Measurements<Slice>
  readonly signUps: Measurements<Slice>
  /** Milliseconds. */
  readonly starts: Measurements<number>
  /** Undefined: it is not installed, and so was not in it. */
  readonly betterAuthVersion: string | undefined
  readonly machine: Machine
}

export const perSecond = (slices: Measurements<Slice>, name: string) =>
  figures(slices, name, (slice) => slice.perSecond)

export const p50 = (slices: Measurements<Slice>, name: string) =>
  figures(slices, name, (slice) => slice.p50)

export const p99 = (slices: Measurements<Slice>, name: string) =>
  figures(slices, name, (slice) => slice.p99)

export const startTimes = ({ starts }: HttpRun, name: string) =>
  figures(starts, name, (millis) => millis)
