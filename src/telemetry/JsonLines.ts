import { Effect, type Layer, Logger, LogLevel } from "effect"

/** What takes lines of text: the standard output. */
export interface LineSink {
  readonly write: (text: string) => unknown
}

const isScalar = (value: unknown): boolean => value === null || typeof value !== "object"

/** As `Logger.jsonLogger` writes it, which takes care of what refers to itself. */
const lineOf = (options: Logger.Logger.Options<unknown>): string => {
  const entry = Logger.structuredLogger.log(options)
  const isFlat = isScalar(entry.message) && Object.values(entry.annotations).every(isScalar)
  return `${isFlat ? JSON.stringify(entry) : Logger.jsonLogger.log(options)}\n`
}

/**
 * Writes what is logged as lines of JSON, all of one turn of the event loop at once: a call of the
 * system for each takes as long as a look-up of a session. An error goes out at once, with what was
 * before it; the rest of the last turn is lost only where the process is killed or crashes: when it
 * exits they are written.
 */
export const layer = (sink: LineSink = process.stdout): Layer.Layer<never> => {
  let lines: Array<string> = []
  const flush = () => {
    const text = lines.join("")
    lines = []
    if (text !== "") sink.write(text)
  }
  const logger = Logger.make((options) => {
    if (lines.push(lineOf(options)) === 1) setImmediate(flush)
    if (options.logLevel.ordinal >= LogLevel.Error.ordinal) flush()
  })
  const added = Effect.acquireRelease(
    Effect.sync(() => {
      process.on("exit", flush)
      return logger
    }),
    () =>
      Effect.sync(() => {
        process.off("exit", flush)
        flush()
      })
  )
  return Logger.replaceScoped(Logger.defaultLogger, added)
}
