import { Effect, type Layer, Logger } from "effect"

/** One line of a captured log. */
export interface Line {
  readonly level: string
  readonly message: string
}

/** A logger that keeps what is logged, as a layer and the growing list of its lines. */
export const captured = (): {
  readonly lines: ReadonlyArray<Line>
  readonly layer: Layer.Layer<never>
} => {
  const lines: Array<Line> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    const text = Array.isArray(message) ? message.join(" ") : String(message)
    lines.push({ level: logLevel.label, message: text })
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

/** Lets every fiber that can run do so, without moving the clock. */
export const settled: Effect.Effect<void> = Effect.repeatN(Effect.yieldNow(), 50)
