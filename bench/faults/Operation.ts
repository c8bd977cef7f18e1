import type { Answer, Request } from "./Request.ts"

/** What a caller was told: an answer, that the process died, or nothing within the limit. */
export type Told = Answer | { readonly _tag: "Died" } | { readonly _tag: "Unanswered" }

/** One request of a caller. Times are milliseconds from the beginning of the run. */
export interface Operation {
  readonly request: Request
  readonly told: Told
  readonly began: number
  readonly ended: number
}

/** A process that ended by itself, and the one that was started in its place. */
export interface Death {
  readonly at: number
  /** What it had said last. */
  readonly reason: string
  /** When the next one could be asked; undefined if the run was over before. */
  readonly backAt: number | undefined
}

export const lasted = ({ began, ended }: Operation): number => ended - began

export const hasFailed = ({ told }: Operation): boolean => told._tag !== "Done"
