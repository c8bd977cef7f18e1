import { assert, describe, it } from "vitest"
import { KnownText } from "../../src/sql/session/KnownTexts.ts"

const writes = [
  "INSERT INTO t VALUES (1)",
  "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
  "/* why */ with gone as (delete from t returning *) select count(*) from gone",
  "WITH m AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING *) TABLE m",
  "SELECT * INTO copied FROM t",
  "CREATE TABLE copied AS SELECT * FROM t",
  "SELECT 1; CREATE TABLE copied AS SELECT 2",
  "SELECT 1; TRUNCATE t",
  "SELECT 1; /* first; SELECT */ CALL p()",
  "WITH x AS (SELECT 'a; select b') DELETE FROM t",
  "BEGIN; TRUNCATE t; COMMIT",
  "NOTIFY news",
  "SELECT pg_notify('news', '')",
  "select pg_catalog.pg_notify($1, $2)",
  "DO $$ BEGIN PERFORM pg_notify('news', ''); END $$",
  "COMMIT",
  "COMMIT PREPARED 'x'",
  "PREPARE TRANSACTION 'x'",
  "CALL p()",
  "EXPLAIN ANALYZE INSERT INTO t VALUES (1)"
]

const asks = [
  "SELECT * FROM t",
  "SELECT notify FROM settings",
  "SELECT * FROM t FOR UPDATE",
  "(SELECT 1) UNION (SELECT 2);",
  "WITH x AS (SELECT 1) SELECT * FROM x",
  "SELECT updated_at, created FROM events WHERE kind = 'update'",
  "TABLE t",
  "VALUES (1)",
  "SHOW server_version",
  "SELECT 1; SELECT 2;",
  "BEGIN",
  "START TRANSACTION READ ONLY",
  "SAVEPOINT a",
  "ROLLBACK TO a",
  "ROLLBACK",
  "SET LOCAL work_mem = '1MB'",
  "LISTEN news",
  "DECLARE c CURSOR FOR SELECT 1"
]

const endings = [
  "COMMIT",
  "/* done */ end",
  "PREPARE TRANSACTION 'x'",
  "INSERT INTO t VALUES (1); COMMIT",
  "ROLLBACK; INSERT INTO t VALUES (1)"
]

const others = [
  "INSERT INTO t VALUES (1)",
  "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)",
  "PREPARE q AS INSERT INTO t VALUES (1)",
  "ROLLBACK",
  "SELECT 1; ROLLBACK",
  "ROLLBACK TO a; INSERT INTO t VALUES (1)"
]

describe("a statement outside of a transaction", () => {
  it.each(writes)("is known to write, or to be able to: %s", (text) => {
    assert.isTrue(new KnownText(text).mayWrite)
  })

  it.each(asks)("is known to leave nothing behind: %s", (text) => {
    assert.isFalse(new KnownText(text).mayWrite)
  })
})

describe("a statement inside of a transaction", () => {
  it.each(endings)("is known to be able to commit: %s", (text) => {
    assert.isTrue(new KnownText(text).mayCommit)
  })

  it.each(others)("is known to commit nothing: %s", (text) => {
    assert.isFalse(new KnownText(text).mayCommit)
  })
})
