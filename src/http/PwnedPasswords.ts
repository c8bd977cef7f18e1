import { createHash } from "node:crypto"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Duration, Effect, Layer, Redacted } from "effect"
import { BreachedPasswords } from "../auth/BreachedPasswords.ts"
import { normalisePassword, type Password } from "../auth/Password.ts"

/** Where Have I Been Pwned is asked, and how long its answer is waited for. */
export interface PwnedPasswordsOptions {
  /** Where the range API is. Default `https://api.pwnedpasswords.com`. */
  readonly url?: string | undefined
  /** How long a sign-up may be kept waiting for it. Default 300 ms. */
  readonly timeout?: Duration.DurationInput | undefined
}

const DEFAULT_URL = "https://api.pwnedpasswords.com"
const DEFAULT_TIMEOUT = Duration.millis(300)

/** How much of the digest leaves the service: 20 bits, which thousands of passwords share. */
const PREFIX = 5

/** The API speaks SHA-1 in upper-case hexadecimal. It is an index here and protects nothing. */
const digest = (password: Password): string =>
  createHash("sha1")
    .update(normalisePassword(Redacted.value(password)))
    .digest("hex")
    .toUpperCase()

/** Lines are `SUFFIX:COUNT`. A count of 0 is padding. */
const isListed = (range: string, suffix: string): boolean =>
  range.split(/\r?\n/).some((line) => {
    const [listed, count] = line.split(":")
    return listed === suffix && Number(count) > 0
  })

/**
 * Asks Have I Been Pwned's range API whether a password has leaked, by k-anonymity: only the first
 * five digits of its SHA-1 leave the service, and the answer is padded, so that its size tells nothing.
 *
 * It fails open: without an answer in time the password counts as not leaked, and the log says so.
 */
export const layer = ({
  timeout = DEFAULT_TIMEOUT,
  url = DEFAULT_URL
}: PwnedPasswordsOptions = {}): Layer.Layer<BreachedPasswords, never, HttpClient.HttpClient> =>
  Layer.effect(
    BreachedPasswords,
    Effect.map(HttpClient.HttpClient, (http) => {
      const client = HttpClient.filterStatusOk(http)

      const rangeOf = (prefix: string) =>
        HttpClientRequest.get(`${url}/range/${prefix}`).pipe(
          HttpClientRequest.setHeaders({ "add-padding": "true", "user-agent": "holdfast" }),
          client.execute,
          Effect.flatMap((response) => response.text),
          Effect.scoped,
          // No span and no trace headers: even the prefix is nobody else's business.
          Effect.locally(HttpClient.currentTracerDisabledWhen, () => true)
        )

      const passes = Effect.as(
        Effect.logWarning(
          `The list of breached passwords gave no usable answer within ${Duration.format(timeout)}, so a password was not looked up.`
        ),
        false
      )

      return {
        check: Effect.fn("PwnedPasswords.check")((password: Password) => {
          const hash = digest(password)
          return rangeOf(hash.slice(0, PREFIX)).pipe(
            Effect.map((range) => isListed(range, hash.slice(PREFIX))),
            // Cutting off the connection is not waited for.
            Effect.disconnect,
            Effect.timeout(timeout),
            Effect.catchAllCause(() => passes)
          )
        })
      }
    })
  )
