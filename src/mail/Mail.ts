import type { Redacted } from "effect"

/** A message in plain text to one mailbox. */
export interface Mail {
  /** One address and nothing else: no name, no list. */
  readonly to: string
  /** One line. */
  readonly subject: string
  /** The body. Redacted, because a link in it may open an account. */
  readonly text: Redacted.Redacted
}
