import type { Machine } from "../../bench/Machine.ts"

/** A machine that nobody measured on. */
export const someMachine: Machine = {
  processors: "2 processors (a test)",
  memory: "4 GiB of memory",
  system: "Linux 6",
  nodeVersion: "20.20.2",
  postgresVersion: "18.4"
}
