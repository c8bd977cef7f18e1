import { Duration } from "effect"

/**
 * The defaults documented on `ServerOptions`. In a file of their own, so that a command which only
 * reads settings does not load a server.
 */
export const serverDefaults = {
  host: "127.0.0.1",
  port: 8000,
  drainDelay: Duration.zero,
  drainDeadline: Duration.seconds(10)
} as const
