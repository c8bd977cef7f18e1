/** One statement, and in which form its rows are wanted. */
export interface Query {
  readonly text: string
  readonly values?: ReadonlyArray<unknown> | undefined
  /** `"array"` gives rows as arrays of values. */
  readonly rowMode?: "array" | undefined
  /** It is not worth a prepared statement. */
  readonly isUnprepared?: boolean
}
