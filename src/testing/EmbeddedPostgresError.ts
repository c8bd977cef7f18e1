import { Data } from "effect"

/**
 * The embedded server can't do what was asked. The message says what happened, where, and what to
 * do; when the server would not start it ends with the last lines of its log.
 */
export class EmbeddedPostgresError extends Data.TaggedError("EmbeddedPostgresError")<{
  /**
   * `NotInstalled`: the package with the binaries is missing. `Unsupported`: this machine or user
   * can't run them. `DirectoryInUse`: another living process owns the directory. `PortInUse`:
   * something else listens there. `DirectoryUnusable`, `StartFailed`, `StopFailed`: see the message.
   */
  readonly reason:
    | "NotInstalled"
    | "Unsupported"
    | "DirectoryInUse"
    | "DirectoryUnusable"
    | "PortInUse"
    | "StartFailed"
    | "StopFailed"
  readonly message: string
  readonly cause?: unknown
}> {}
