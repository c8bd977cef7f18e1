import { assert, describe, it } from "vitest"
import { isScriptedEnd } from "../../src/sql/session/ScriptedEnd.ts"

type Case = readonly [text: string, commands: ReadonlyArray<string>]

const ended: ReadonlyArray<Case> = [
  ["SELECT 1; COMMIT; BEGIN; SELECT 2", ["SELECT", "COMMIT", "BEGIN", "SELECT"]],
  ["SELECT 1; END; BEGIN", ["SELECT", "COMMIT", "BEGIN"]],
  ["SELECT 1; COMMIT AND CHAIN", ["SELECT", "COMMIT"]],
  ["SELECT 1; ROLLBACK AND CHAIN", ["SELECT", "ROLLBACK"]],
  ["SELECT 1; ROLLBACK; BEGIN; SELECT 2", ["SELECT", "ROLLBACK", "BEGIN", "SELECT"]],
  ["SELECT 1; abort work; start transaction", ["SELECT", "ROLLBACK", "START"]],
  ["ROLLBACK TO a; ROLLBACK; BEGIN", ["ROLLBACK", "ROLLBACK", "BEGIN"]],
  // In a transaction that had failed COMMIT has this tag, too.
  ["; COMMIT; BEGIN", ["ROLLBACK", "BEGIN"]],
  ["SELECT 1; PREPARE TRANSACTION 'x'; BEGIN", ["SELECT", "PREPARE", "BEGIN"]]
]

const wentOn: ReadonlyArray<Case> = [
  ["", ["INSERT"]],
  ["SELECT 1; SELECT 2", ["SELECT", "SELECT"]],
  ["SAVEPOINT a; ROLLBACK TO a; SELECT 1", ["SAVEPOINT", "ROLLBACK", "SELECT"]],
  // BEGIN inside of a transaction is a warning.
  ["SAVEPOINT a; rollback work to savepoint a; BEGIN", ["SAVEPOINT", "ROLLBACK", "BEGIN"]],
  ["PREPARE q AS SELECT 1; BEGIN", ["PREPARE", "BEGIN"]],
  // It has not come so far.
  ["SELECT 1 / 0; ROLLBACK; BEGIN", []]
]

describe("a script that stands in a transaction", () => {
  it.each(ended)("has ended the one in which it began: %s", (text, commands) => {
    assert.isTrue(isScriptedEnd(commands, text))
  })

  it.each(wentOn)("has gone on in the one in which it began: %s", (text, commands) => {
    assert.isFalse(isScriptedEnd(commands, text))
  })
})
