import { Cause, Effect, HashMap, Layer, Logger, LogLevel, Tracer } from "effect"

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

/** A tracer that keeps every span that was begun; `spans`: as text, its name and attributes. */
export const capturedSpans = (): {
  readonly begun: ReadonlyArray<Tracer.Span>
  readonly spans: () => ReadonlyArray<string>
  readonly layer: Layer.Layer<never>
} => {
  const begun: Array<Tracer.Span> = []
  const layer = Layer.unwrapEffect(
    Effect.map(Effect.tracer, (native) =>
      Layer.setTracer(
        Tracer.make({
          span: (...options) => {
            const span = native.span(...options)
            begun.push(span)
            return span
          },
          context: native.context
        })
      )
    )
  )
  const text = (span: Tracer.Span) => JSON.stringify([span.name, ...span.attributes])
  return { begun, spans: () => begun.map(text), layer }
}
