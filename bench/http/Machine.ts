import { cpus, release, type as system, totalmem } from "node:os"

/** On what something was measured. */
export interface Machine {
  readonly processors: string
  readonly memory: string
  readonly system: string
  readonly nodeVersion: string
  readonly postgresVersion: string
}

/** This machine. */
export const thisMachine = (postgresVersion: string): Machine => {
  const all = cpus()
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0)
  return {
    processors: `${all.length} processors (${all[0]?.model.trim() ?? "unknown"})`,
    memory: `${gibibytes} GiB of memory`,
    system: `${system()} ${release()}`,
    nodeVersion: process.versions.node,
    postgresVersion
  }
}

/** In a clause. */
export const described = (machine: Machine): string => {
  const { memory, nodeVersion, postgresVersion, processors, system } = machine
  return `PostgreSQL ${postgresVersion} and Node.js ${nodeVersion}, ${processors}, ${memory}, ${system}`
}
