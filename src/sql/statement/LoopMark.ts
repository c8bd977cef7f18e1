const { nodeTiming } = performance

/** How far the event loop of this process had come at a moment. */
export interface LoopMark {
  /** Milliseconds of the clock that the mark was made with. */
  readonly at: number
  /** Milliseconds in which the loop has had nothing to do but wait for something to read. */
  readonly idle: number
  /** How often it has looked whether there is something; absent where that is not known. */
  readonly turns: number | undefined
}

/** Now. Takes less than half a microsecond. */
export const loopMark = (at: number): LoopMark => ({
  at,
  idle: nodeTiming.idleTime,
  turns: nodeTiming.uvMetricsInfo?.loopCount
})

/**
 * How many milliseconds, at least, there was nothing to be read between two marks. A loop that is busy
 * with something else sees late what has long been there: it looks before each turn, so all but the last two
 * turns have seen nothing.
 */
export const leastWait = (since: LoopMark, until: LoopMark): number => {
  const elapsed = until.at - since.at
  if (since.turns === undefined || until.turns === undefined) return elapsed
  const turns = until.turns - since.turns
  const inTurns = turns > 2 ? (elapsed * (turns - 2)) / turns : 0
  return Math.min(elapsed, Math.max(until.idle - since.idle, inTurns))
}
