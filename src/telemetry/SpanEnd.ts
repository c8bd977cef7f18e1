import { Cause, Exit, Option, Predicate, type Tracer } from "effect"
import { PgError } from "../sql/failure/PgError.ts"

/** Errors whose messages the pool makes of its own counters. */
const ownWords = new Set(["AcquireTimeout", "QueueFull", "PoolClosed"])

const tagOf = (error: unknown): string => {
  if (Predicate.hasProperty(error, "_tag") && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "Error"
}

const sentenceOf = (error: unknown): string =>
  Option.match(PgError.of(error), {
    onSome: ({ outcome, reason, sqlState }) =>
      `${reason._tag}, ${sqlState ?? "no SQLSTATE"}, ${outcome}`,
    onNone: () =>
      error instanceof Error && ownWords.has(tagOf(error)) ? error.message : "The log says more."
  })

/** An error that says what the other one was, and nothing that it holds. */
const stripped = (error: unknown): Error => {
  const told = new Error(sentenceOf(error))
  told.name = tagOf(error)
  told.stack = `${told.name}: ${told.message}`
  return told
}

const hasFailed = (span: Tracer.Span): boolean =>
  Number(span.attributes.get("http.response.status_code")) >= 500

/**
 * How a span ends for who sees it from outside. What a failure says may quote a row, a password or a
 * letter, so only its kind is told. A request that is answered 500 or more has failed.
 */
export const endOf = (
  span: Tracer.Span,
  exit: Exit.Exit<unknown, unknown>
): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) {
    return hasFailed(span)
      ? Exit.fail(stripped({ _tag: String(span.attributes.get("http.response.status_code")) }))
      : Exit.void
  }
  return Cause.isInterruptedOnly(exit.cause) ? exit : Exit.fail(stripped(Cause.squash(exit.cause)))
}
