import { Cause, HashMap, Layer, Logger, LogLevel } from "effect"

/** One line of a captured log, whole: what any logger could print. */
export interface Line {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  readonly cause: string
}

/** A log that is kept instead of printed, from debug upwards. */
export const capturedLog = (): {
  readonly lines: ReadonlyArray<Line>
  readonly layer: Layer.Layer<never>
} => {
  const lines: Array<Line> = []
  const logger = Logger.make<unknown, void>(({ annotations, cause, logLevel, message }) => {
    lines.push({
      level: logLevel.label,
      message: [message].flat().map(String).join(" "),
      annotations: Object.fromEntries(HashMap.entries(annotations)),
      cause: Cause.isEmpty(cause) ? "" : Cause.pretty(cause, { renderErrorCause: true })
    })
  })
  const layer = Layer.merge(
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.Debug)
  )
  return { lines, layer }
}
