import { Duration } from "effect"

/**
 * The client's own verdict on a session that owes an answer, under the code by which the table knows
 * it: the network has swallowed the statement or its answer.
 */
export class Swallowed extends Error {
  readonly code = "ESWALLOWED"
  constructor(silentFor: Duration.Duration, reason: string) {
    super(
      `nothing has come for ${Duration.format(silentFor)}, and ${reason}: the network swallowed the statement or its answer`
    )
  }
}
