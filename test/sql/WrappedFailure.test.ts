import { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { fromCause } from "../../src/sql/failure/PgError.ts"
import { PgError } from "../../src/sql/index.ts"
import { replay } from "../../src/sql/statement/replay.ts"

/** As Drizzle does it: it keeps the raw error only, and wraps that in an error of its own. */
const wrappedByDrizzle = ({ cause }: PgError) =>
  new SqlError({ cause, message: "Failed to execute QueryPromise" })

const lost = () =>
  fromCause(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), {
    phase: "statement",
    sent: false,
    inTransaction: false
  })

describe("a failure that a library has wrapped", () => {
  it("still says what became of the statement", () => {
    const error = lost()
    const found = PgError.of(wrappedByDrizzle(error))
    assert.strictEqual(Option.getOrUndefined(found), error)
    assert.isTrue(Option.isNone(PgError.of(new SqlError({ cause: new Error("another") }))))
  })

  it.effect("is replayed where it is safe", () => {
    let runs = 0
    const once = Effect.suspend(() =>
      runs++ === 0 ? Effect.fail(wrappedByDrizzle(lost())) : Effect.succeed("done")
    )
    return Effect.map(replay(once), (answer) => {
      assert.strictEqual(answer, "done")
      assert.strictEqual(runs, 2)
    })
  })
})
