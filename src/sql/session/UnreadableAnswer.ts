/** The server answered, but a value of its answer could not be read: a type parser threw. */
export class UnreadableAnswer extends Error {
  readonly code = "EUNREADABLE"
  override readonly cause: unknown
  constructor(cause: unknown) {
    super("a type parser could not read a value of the answer")
    this.cause = cause
  }
}
