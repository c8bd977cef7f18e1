import type { Answer } from "../service/Ask.ts"

/** What the process of those who ask is told to do with the service at an address. */
export type Order =
  /** Sign that many up, all at once. */
  | { readonly _tag: "SignUp"; readonly url: string; readonly count: number }
  /** Ask for health and for a session, again and again. */
  | { readonly _tag: "Watch"; readonly url: string; readonly token: string }
  /** Tell what was seen, and watch no longer. */
  | { readonly _tag: "Tell" }

/** One question that was asked again and again. */
export interface Probe {
  /** When, in milliseconds since the epoch. */
  readonly at: number
  readonly millis: number
}

/** What it says. */
export type Report =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "SignedUp"; readonly answers: ReadonlyArray<Answer> }
  | {
      readonly _tag: "Watched"
      readonly health: ReadonlyArray<Probe>
      readonly sessions: ReadonlyArray<Probe>
    }

/** What the process of the service is told: to begin its times anew, or to tell them. */
export interface ServiceOrder {
  readonly _tag: "Begin" | "Tell"
}

/** What it says. */
export type ServiceReport =
  | { readonly _tag: "Listening"; readonly url: string }
  | { readonly _tag: "LookedUp"; readonly names: ReadonlyArray<Probe> }
