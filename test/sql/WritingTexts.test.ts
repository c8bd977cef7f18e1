import { assert, describe, it } from "vitest"
import { KnownText } from "../../src/sql/session/KnownTexts.ts"

const writes = [
  "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
  "/* why */ with gone as (delete from t returning *) select count(*) from gone",
  "WITH m AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING *) TABLE m",
  "SELECT * INTO copied FROM t",
  "CREATE TABLE copied AS SELECT * FROM t",
  "SELECT 1; CREATE TABLE copied AS SELECT 2"
]

const asks = [
  "SELECT * FROM t",
  "(SELECT 1) UNION (SELECT 2);",
  "WITH x AS (SELECT 1) SELECT * FROM x",
  "SELECT updated_at, created FROM events WHERE kind = 'update'",
  "TABLE t",
  "VALUES (1)",
  "SHOW server_version"
]

describe("a statement whose command has the tag of a SELECT", () => {
  it.each(writes)("is known to write: %s", (text) => {
    assert.isTrue(new KnownText(text).writesAsSelect)
  })

  it.each(asks)("is known to ask only: %s", (text) => {
    assert.isFalse(new KnownText(text).writesAsSelect)
  })
})
