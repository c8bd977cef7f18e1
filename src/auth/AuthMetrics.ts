import { Cause, Effect, Exit, Metric, MetricLabel, Option } from "effect"
import { remembering } from "../runtime/MetricLabels.ts"
import type { LetterPurpose } from "./LetterPurpose.ts"

/** What people do, and the letters that come of it. */
export const authMetrics = {
  events: Metric.counter("holdfast.auth.events", {
    description: "What was asked of accounts and sessions, by what became of it.",
    incremental: true
  }),
  letters: Metric.counter("holdfast.auth.letters", {
    description: "Attempts to deliver a letter, by its purpose and what became of it.",
    incremental: true
  })
}

/** What is asked of accounts and sessions. */
export type AuthEvent =
  | "sign-up"
  | "sign-up-request"
  | "sign-in"
  | "sign-out"
  | "session-revocation"
  | "other-sessions-revocation"
  | "password-change"
  | "password-reset-request"
  | "password-reset"
  | "email-proof-request"
  | "email-proof"
  | "email-change-request"
  | "account-deletion"

/** What becomes of an attempt to deliver: a failed one is repeated, one that was given up is not. */
export type LetterOutcome = "delivered" | "failed" | "given-up"

const ofEvent = remembering((event: AuthEvent, outcome: string) => [
  MetricLabel.make("auth.event", event),
  MetricLabel.make("auth.outcome", outcome)
])

const ofLetter = remembering((purpose: LetterPurpose, outcome: LetterOutcome) => [
  MetricLabel.make("auth.letter.purpose", purpose),
  MetricLabel.make("auth.letter.outcome", outcome)
])

/** One word: `done`, or why not by the tag of the error. */
const outcomeOf = <E extends { readonly _tag: string }>(exit: Exit.Exit<unknown, E>): string =>
  Exit.match(exit, {
    onSuccess: () => "done",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: ({ _tag }) => _tag,
        onNone: () => (Cause.isInterruptedOnly(cause) ? "interrupted" : "defect")
      })
  })

const purposes: Readonly<Record<LetterPurpose, number>> = {
  "verify-email": 0,
  "change-email": 0,
  "email-change-asked": 0,
  "keep-email": 0,
  "email-changed": 0,
  "email-taken-back": 0,
  "reset-password": 0,
  "password-changed": 0,
  "sign-up": 0,
  "already-signed-up": 0,
  "account-deleted": 0,
  "address-taken": 0
}

const outcomes: Readonly<Record<LetterOutcome, number>> = { delivered: 0, failed: 0, "given-up": 0 }

/** Begins the counts of letters at 0, so that the first one that is given up is seen to be more. */
export const beginCountingLetters: Effect.Effect<void> = Effect.sync(() => {
  for (const purpose of Object.keys(purposes)) {
    for (const [outcome, none] of Object.entries(outcomes)) {
      authMetrics.letters.unsafeUpdate(none, [
        MetricLabel.make("auth.letter.purpose", purpose),
        MetricLabel.make("auth.letter.outcome", outcome)
      ])
    }
  }
})

/** The method, whose calls are counted by what becomes of them. */
export const counted =
  <Args extends ReadonlyArray<unknown>, A, E extends { readonly _tag: string }>(
    event: AuthEvent,
    method: (...args: Args) => Effect.Effect<A, E>
  ) =>
  (...args: Args): Effect.Effect<A, E> =>
    Effect.onExit(method(...args), (exit) =>
      Effect.sync(() => authMetrics.events.unsafeUpdate(1, ofEvent(event, outcomeOf(exit))))
    )

/** An attempt to deliver a letter has ended. */
export const countLetter = (purpose: LetterPurpose, outcome: LetterOutcome): Effect.Effect<void> =>
  Effect.sync(() => authMetrics.letters.unsafeUpdate(1, ofLetter(purpose, outcome)))
