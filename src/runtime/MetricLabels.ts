import type { MetricLabel } from "effect"

/** What a metric is counted by. */
export type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/**
 * Makes the labels once for the same values and keeps them for ever, because the registry finds a
 * metric by the identity of its labels. So the values must be few, and of one line each.
 */
export const remembering = <Values extends ReadonlyArray<string | number>>(
  make: (...values: Values) => Labels
): ((...values: Values) => Labels) => {
  const labels = new Map<string, Labels>()
  return (...values) => {
    const key = values.join("\n")
    const found = labels.get(key)
    if (found !== undefined) return found
    const made = make(...values)
    labels.set(key, made)
    return made
  }
}
