import { Duration, Option } from "effect"
import type { Email } from "./Email.ts"
import type { IdempotencyKey } from "./IdempotencyKey.ts"
import type { Requester } from "./Requester.ts"
import type { UserId } from "./User.ts"

/** So many attempts at once, and so many within each `per`, evenly spread (GCRA). */
export interface Rate {
  readonly burst: number
  readonly per: Duration.DurationInput
}

/**
 * So many attempts without a pause; from then on a pause after each, doubled every time from `first`
 * to `longest`. Forgotten after a day without attempts.
 */
export interface Pauses {
  readonly free: number
  readonly first: Duration.DurationInput
  readonly longest: Duration.DurationInput
}

/** What may be tried how often. */
export interface ThrottleLimits {
  /** Sign-ins from one address. Default 30 in a minute. */
  readonly signInFrom: Rate
  /** Sign-ups from one address. Default 10 in a minute. */
  readonly signUpFrom: Rate
  /** Requests that send a letter, from one address. Default 5 in a minute. */
  readonly mailFrom: Rate
  /** Tokens of letters that are presented from one address. Default 30 in a minute. */
  readonly redeemFrom: Rate
  /** Letters to one mailbox, whoever asks and whether anyone has it. Default 5 an hour. */
  readonly mailTo: Rate
  /**
   * Letters to one mailbox that set a new password, besides the others: no other letter keeps an
   * owner from the one that lets them in again. Default 5 an hour.
   */
  readonly resetTo: Rate
  /**
   * Passwords tried at one account, known or not. Default 5, then 1 s, 2 s, 4 s ... 15 min. What is
   * tried at sign-ins and what is tried by who is signed in count apart.
   */
  readonly account: Pauses
}

/** See {@link ThrottleLimits}. */
export const defaultLimits: ThrottleLimits = {
  signInFrom: { burst: 30, per: Duration.minutes(1) },
  signUpFrom: { burst: 10, per: Duration.minutes(1) },
  mailFrom: { burst: 5, per: Duration.minutes(1) },
  redeemFrom: { burst: 30, per: Duration.minutes(1) },
  mailTo: { burst: 5, per: Duration.hours(1) },
  resetTo: { burst: 5, per: Duration.hours(1) },
  account: { free: 5, first: Duration.seconds(1), longest: Duration.minutes(15) }
}

/**
 * The order in which limits are asked, the same for everyone, so that two callers can't wait for
 * each other. Addresses come before accounts: what an address may not try is not held against the
 * account.
 */
const order: ReadonlyArray<keyof ThrottleLimits> = [
  "signInFrom",
  "signUpFrom",
  "mailFrom",
  "redeemFrom",
  "mailTo",
  "resetTo",
  "account"
]

/** Limits of the address that asks, whatever it asks for. */
const ofAddress: ReadonlySet<keyof ThrottleLimits> = new Set([
  "signInFrom",
  "signUpFrom",
  "mailFrom",
  "redeemFrom"
])

/** Something that is limited: which limit, and whose. */
export interface Attempt {
  readonly limit: keyof ThrottleLimits
  readonly subject: string
}

/** Whether it counts against its address, also where the account refuses it. */
export const isOfAddress = ({ limit }: Attempt): boolean => ofAddress.has(limit)

/** Attempts in the one order that there is. */
export const inOrder = (attempts: ReadonlyArray<Attempt>): ReadonlyArray<Attempt> =>
  attempts.toSorted((one, other) => order.indexOf(one.limit) - order.indexOf(other.limit))

/** By whoever asks. A call without a requester came from no outside address and is not limited. */
export const from = (
  limit: "signInFrom" | "signUpFrom" | "mailFrom" | "redeemFrom",
  requester: Requester | undefined
): ReadonlyArray<Attempt> =>
  requester === undefined
    ? []
    : [
        {
          limit,
          subject: Option.match(requester.address, {
            onNone: () => "unknown",
            onSome: (address) => address.subject
          })
        }
      ]

/** At the password of an account, by someone who only knows its address. */
export const atAccount = (email: Email): Attempt => ({ limit: "account", subject: email })

/** At the password of an account, by someone who is signed in: no stranger can use this up. */
export const atOwnAccount = (id: UserId): Attempt => ({ limit: "account", subject: id })

/**
 * At the password of an account that waits for its letter, by someone who knows the key of its sign-up. No
 * address and no id has a colon, so a key can't be taken for one.
 */
export const atKey = (key: IdempotencyKey): Attempt => ({ limit: "account", subject: `key:${key}` })

/** To a mailbox. */
export const toMailbox = (email: Email): Attempt => ({ limit: "mailTo", subject: email })

/** To a mailbox, for a new password. */
export const resetToMailbox = (email: Email): Attempt => ({ limit: "resetTo", subject: email })
