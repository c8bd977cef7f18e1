import type { Way } from "./Freeze.ts"

/** What the frozen process is told to do. */
export interface Order {
  readonly way: Way
  /** When: at once, or by a timer so many milliseconds later. */
  readonly after: number | undefined
}

/** What became of one statement: the backend that answered, or the failure its caller met. */
export interface Outcome {
  readonly backend: number | undefined
  readonly failure: string | undefined
}

/** What the process answers to an order. */
export interface Reply {
  readonly outcomes: ReadonlyArray<Outcome>
  /** The backends of all its connections, once the lost ones are replaced. */
  readonly backends: ReadonlyArray<number>
  /** Connections that its pool found dead before it lent them, so far. */
  readonly invalid: number
}

/**
 * What the process says: that it has connected, that it has set its timer, to a time since the epoch,
 * or what came of an order.
 */
export type Report =
  | { readonly _tag: "Connected"; readonly backends: ReadonlyArray<number> }
  | { readonly _tag: "TimerSet"; readonly dueAt: number }
  | ({ readonly _tag: "Answered" } & Reply)
