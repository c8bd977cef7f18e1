const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** A string property of a raw error, or the empty string. */
export const property = (cause: unknown, name: string): string =>
  isRecord(cause) ? text(cause[name]) : ""

const wrapped = (cause: unknown): ReadonlyArray<unknown> => {
  if (!isRecord(cause)) return []
  const errors: ReadonlyArray<unknown> = Array.isArray(cause.errors) ? cause.errors : []
  return cause.cause === undefined ? errors : [...errors, cause.cause]
}

/**
 * A raw error and all that it wraps, the outermost first: Node.js tries both address families and
 * wraps their failures, and other libraries wrap the driver's error in their own. Causes may go in
 * a circle.
 */
export const chainOf = (cause: unknown): ReadonlyArray<unknown> => {
  const seen = new Set<unknown>()
  const pending = [cause]
  while (pending.length > 0) {
    const next = pending.pop()
    if (seen.has(next)) continue
    seen.add(next)
    for (const inner of wrapped(next).toReversed()) pending.push(inner)
  }
  return [...seen]
}
