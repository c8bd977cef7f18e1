import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Effect, Exit, Option } from "effect"
import { type Outcome, PgError } from "../../src/sql/index.ts"

/**
 * Marks are what transactions leave. They have no unique key, so that one made twice is there twice;
 * with `dawdle`, the COMMIT that makes one takes so many milliseconds.
 */
export const tables = `
  CREATE TABLE marks (id text NOT NULL, dawdle integer NOT NULL);
  CREATE INDEX ON marks (id);
  CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(NEW.dawdle / 1000.0); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON marks
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.dawdle > 0) EXECUTE FUNCTION dawdle();`

export const mark = (sql: SqlClient, id: string, dawdle = 0): Effect.Effect<void, SqlError> =>
  Effect.asVoid(sql`INSERT INTO marks (id, dawdle) VALUES (${id}, ${dawdle})`)

/** How a piece of work ended. */
export type Ending =
  | { readonly _tag: "Success" }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "Failure"; readonly outcome: Outcome; readonly message: string }
  /** A defect, or an error that is no `PgError`. */
  | { readonly _tag: "Defect"; readonly message: string }

export const endingOf = (exit: Exit.Exit<unknown, unknown>): Ending => {
  if (Exit.isSuccess(exit)) return { _tag: "Success" }
  if (Cause.isInterruptedOnly(exit.cause)) return { _tag: "Interrupted" }
  return Option.match(Option.flatMap(Cause.failureOption(exit.cause), PgError.of), {
    onNone: () => ({ _tag: "Defect", message: Cause.pretty(exit.cause) }),
    onSome: ({ message, outcome }) => ({ _tag: "Failure", outcome, message })
  })
}

/** How often a mark may be there: never, once, or either. */
export type Expected = "Absent" | "Present" | "Either"

/**
 * What may be there of a mark, given how its transaction ended. `mayCommit`: its body had come to
 * its end, so that COMMIT may have been sent.
 */
export const expectedOf = (ending: Ending, mayCommit: boolean): Expected => {
  switch (ending._tag) {
    case "Success":
      return "Present"
    case "Failure":
      if (ending.outcome === "Committed") return "Present"
      return ending.outcome === "Unknown" ? "Either" : "Absent"
    default:
      return mayCommit ? "Either" : "Absent"
  }
}

/** Of a savepoint, whose mark can be there only if its transaction committed. */
export const expectedWithin = (outer: Expected, inner: Expected): Expected => {
  if (outer === "Absent" || inner === "Absent") return "Absent"
  return outer === "Present" ? inner : "Either"
}

/** The marks that are not as expected. */
export interface Deviations {
  readonly lost: ReadonlyArray<string>
  readonly shown: ReadonlyArray<string>
  readonly doubled: ReadonlyArray<string>
}

/** Compares what is there, how often by id, to what was expected. */
export const deviations = (
  expected: ReadonlyMap<string, Expected>,
  found: ReadonlyMap<string, number>
): Deviations => {
  const ids = [...expected.keys()]
  return {
    lost: ids.filter((id) => expected.get(id) === "Present" && !found.has(id)),
    shown: [...found.keys()].filter((id) => (expected.get(id) ?? "Absent") === "Absent"),
    doubled: [...found].filter(([, count]) => count > 1).map(([id]) => id)
  }
}
