import { Duration } from "effect"
import type { Instant } from "../runtime/Instant.ts"

/**
 * Wrong tokens in a row, and when the next one is looked at. It counts
 * for everybody together: who guesses may have many addresses, and there is one token to guess, so that
 * pauses by address would only divide the guesses. The price is that who guesses keeps the form shut;
 * those who are signed in notice nothing.
 */
export interface SignInPause {
  readonly wrong: number
  readonly freeAt: Instant
}

/** Nobody was wrong. */
export const none: SignInPause = { wrong: 0, freeAt: Number.NEGATIVE_INFINITY }

// The first pause is not noticed by who mistypes. With the longest one a token of 16 random letters
// is guessed in some 10^17 years, and who holds it waits half a minute at most.
const FIRST = Duration.toMillis("250 millis")
const LONGEST = Duration.toMillis("30 seconds")
/** After so long without a wrong one all is forgiven. */
const FORGIVEN = Duration.toMillis("15 minutes")

/** How long to wait before a token is looked at; 0: now. */
export const waitAt = ({ freeAt }: SignInPause, now: Instant): number => Math.max(0, freeAt - now)

/** After one more wrong token: the pauses double. */
export const afterWrong = (pause: SignInPause, now: Instant): SignInPause => {
  const wrong = now - pause.freeAt > FORGIVEN ? 1 : pause.wrong + 1
  return { wrong, freeAt: now + Math.min(LONGEST, FIRST * 2 ** (wrong - 1)) }
}
