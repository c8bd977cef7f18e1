import { availableParallelism, cpus } from "node:os"

/** What a command was run on. */
export interface Machine {
  readonly processors: number
  /** As the processor calls itself. */
  readonly model: string
  readonly nodeVersion: string
}

export const thisMachine = (): Machine => ({
  processors: availableParallelism(),
  model: cpus()[0]?.model.trim() ?? "unknown",
  nodeVersion: process.versions.node
})
