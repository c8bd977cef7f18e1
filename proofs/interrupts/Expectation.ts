import { type Expected, expectedOf, expectedWithin } from "./Mark.ts"
import type { Account } from "./Strike.ts"
import { innerId, works } from "./Work.ts"

type Expectation = readonly [id: string, expected: Expected]

/** The nested transaction was interrupted alone: the one around it tells by itself how it ended. */
const ofSavepoint = ({ ending, id, mayCommit, strike }: Account): ReadonlyArray<Expectation> => {
  const outer = expectedOf(ending, false)
  const inner = strike === undefined ? "Either" : expectedOf(strike.ending, mayCommit)
  return [
    [id, outer],
    [innerId(id), expectedWithin(outer, inner)]
  ]
}

/** What may be there of the marks of a trial. */
export const expectationsOf = (account: Account): ReadonlyArray<Expectation> => {
  const { ending, id, interruption, mayCommit, strike } = account
  if (interruption.situation === "savepoint") return ofSavepoint(account)
  const expected = expectedOf(strike?.ending ?? ending, mayCommit)
  switch (works[interruption.situation].writes) {
    case "nothing":
      return []
    case "mark":
      return [[id, expected]]
    case "savepoint":
      return [
        [id, expected],
        [innerId(id), expected]
      ]
  }
}
