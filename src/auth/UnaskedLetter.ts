import type { Fragment } from "@effect/sql/Statement"
import type { AccountMeans } from "./AccountMeans.ts"

/**
 * Parts of a statement that write a letter to its user `u` about what the statement does, and nobody
 * asked for. It is left out where it would be one too many (see `spared` of `ThrottleParts`): what it tells of
 * happens all the same. One in a statement.
 */
export const unaskedLetter = (
  { fragments }: AccountMeans,
  id: string,
  rows: Fragment
): ReadonlyArray<Fragment> => {
  const spared = fragments.spared(id, rows)
  const letter = fragments.letter("unasked", id, spared.rows)
  return letter.length === 0 ? [] : [...spared.parts, ...letter]
}
