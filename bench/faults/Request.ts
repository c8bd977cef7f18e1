/** Somebody who signs up, by ids that the caller has made. */
export interface SignUp {
  readonly account: string
  readonly session: string
}

/** What a caller asks of a contestant: to sign somebody up, or to find an account. */
export type Request =
  | { readonly _tag: "SignUp"; readonly signUp: SignUp }
  | { readonly _tag: "Read"; readonly account: string }

/** What a contestant answers. `found` are the ids of the accounts that it read. */
export type Answer =
  | { readonly _tag: "Done"; readonly found: ReadonlyArray<string> }
  | { readonly _tag: "Failed"; readonly message: string }

/** A request on its way to a process. */
export interface Question {
  readonly number: number
  readonly request: Request
}

/** What a process says: that it can be asked, or the answer to a question. */
export type Message =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Reply"; readonly number: number; readonly answer: Answer }
