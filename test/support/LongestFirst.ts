import type { TestSpecification } from "vitest/node"
import { BaseSequencer } from "vitest/node"

/** The files that take longest, by the measure of a whole run, with the longest one first. */
const longest = [
  "service/Service.process",
  "faults/SignUp",
  "admin/Dashboard.browser",
  "cli/holdfast.process",
  "service/Drain.process",
  "pool/Simulation",
  "package/Package",
  "testing/EmbeddedPostgresOwner",
  "testing/EmbeddedPostgres",
  "service/Service.blackBox",
  "faults/ReusedId",
  "faults/DoubtfulSession",
  "faults/stock/LostConnection",
  "faults/PgBouncer"
]

const rank = ({ moduleId }: TestSpecification): number => {
  const place = longest.findIndex((name) => moduleId.includes(`/${name}.`))
  return place < 0 ? longest.length : place
}

/** So that no worker is left with a long file when the other has ended, also where none has run yet. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
