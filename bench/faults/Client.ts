import type { SignUp } from "./Request.ts"

/** A way to reach the database, written as its documentation recommends. */
export interface Client {
  /** Writes an account and its session in one transaction. */
  readonly signUp: (signUp: SignUp) => Promise<unknown>
  /** The accounts with that id: one, if it was written once. */
  readonly read: (account: string) => Promise<ReadonlyArray<{ readonly id: string }>>
}

/** Makes a client of the database at such a URL, with at most `maxConnections` of them. */
export type Open = (url: string) => Promise<Client>

/** Each library's own default; it is said so that it stays so. */
export const maxConnections = 10

/** Says on the error stream what a library told a listener of errors. */
export const listener = ({ message }: Error): void => {
  process.stderr.write(`listener: ${message}\n`)
}

export const emailOf = ({ account }: SignUp): string => `${account}@example.com`

/** How often something is run again, and the delay before the first time, which doubles. */
export interface Retries {
  readonly times: number
  /** Milliseconds. */
  readonly base: number
}

/** Together 3.1 s of delay: more than any outage of the schedule. */
export const retries: Retries = { times: 5, base: 100 }
