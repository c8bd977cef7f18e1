import type { Vitest } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { MemoryMailer, type ReceivedMail } from "../../src/testing/MemoryMailer.ts"
import type { Means } from "../support/AuthServices.ts"
import { type Answer, freshEmail, type Service, send } from "./Service.ts"

/** Defines tests of all services in `AuthServices`. */
export type OnAuth = Vitest.MethodsNonLive<Means, true>

/** What a request may have besides its path. */
export interface RequestParts {
  readonly json?: unknown
  /** Of a session, sent as a bearer token. */
  readonly token?: string
  /** The address that it comes from, for a service that believes its proxy. */
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request to the API. */
export const ask = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  { from, headers, json, token }: RequestParts = {}
) =>
  send(path, {
    method,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(from === undefined ? {} : { "x-forwarded-for": from }),
      ...headers
    }
  })

/** Someone who has signed up, and the token of the session that they got. */
export interface Person {
  readonly email: string
  readonly password: string
  readonly id: string
  readonly sessionId: string
  readonly token: string
}

const Begun = Schema.decodeUnknownSync(
  Schema.Struct({
    user: Schema.Struct({ id: Schema.UUID, email: Schema.String }),
    session: Schema.Struct({ id: Schema.UUID, sessionToken: Schema.String })
  })
)

/** The user and session of an answer that began one. */
export const begun = ({ json }: Answer) => {
  const { session, user } = Begun(json)
  return { id: user.id, email: user.email, sessionId: session.id, token: session.sessionToken }
}

/** The `_tag` of an error. */
export const tagOf = ({ json }: Answer): string =>
  Schema.decodeUnknownSync(Schema.Struct({ _tag: Schema.String }))(json)._tag

/** A password that every policy takes. */
export const goodPassword = "a quiet afternoon"

/** Tries to sign up. */
export const signUp = (credentials: object, parts: RequestParts = {}) =>
  ask("POST", "/auth/signup", { ...parts, json: credentials })

/** Someone new. */
export const newPerson = (
  { email = freshEmail(), password = goodPassword } = {},
  parts: RequestParts = {}
): Effect.Effect<Person, never, Service> =>
  Effect.map(signUp({ email, password }, parts), (answer) => ({ password, ...begun(answer) }))

/** Tries to sign in, with another password if one is given. */
export const signIn = (
  { email, password }: { readonly email: string; readonly password: string },
  parts: RequestParts = {}
) => ask("POST", "/auth/signin", { ...parts, json: { email, password } })

/** Another session of someone. */
export const another = (person: Person): Effect.Effect<Person, never, Service> =>
  Effect.map(signIn(person), (answer) => ({ ...person, ...begun(answer) }))

/** How the service answers who is signed in with this token: 200 or 401. */
export const statusWith = (token: string) =>
  Effect.map(ask("GET", "/auth/session", { token }), ({ status }) => status)

/** What a letter is about: its subject. */
const subjects = {
  "confirm address": "Confirm your e-mail address",
  "finish signing up": "Finish signing up",
  "has an account": "You have an account already",
  "confirm new address": "Confirm your new e-mail address",
  "address taken": "This e-mail address has an account already",
  "address will change": "Your e-mail address is about to change",
  "address changed": "Your e-mail address was changed",
  "reset password": "Reset your password",
  "password changed": "Your password was changed"
} as const

/** See {@link subjects}. */
export type About = keyof typeof subjects

const isAbout = (about: About, email: string) => (mail: ReceivedMail) =>
  mail.to === email && mail.subject === subjects[about]

/** The first letter about this to an address, or the `nth`, once it has come. */
export const letter = (about: About, email: string, nth = 1) =>
  Effect.gen(function* () {
    const mailer = yield* MemoryMailer
    const find = Effect.map(mailer.received, (mails) =>
      Option.fromNullable(mails.filter(isAbout(about, email))[nth - 1])
    )
    let found = yield* find
    while (Option.isNone(found)) {
      yield* mailer.next
      found = yield* find
    }
    return found.value
  }).pipe(Effect.timeout("10 seconds"), Effect.orDie)

/** The token in that letter. */
export const tokenFor = (about: About, email: string, nth = 1) =>
  Effect.map(letter(about, email, nth), ({ text }) => /#token=(\S+)/.exec(text)?.[1] ?? "")

/** What an address was sent so far. */
export const lettersTo = (email: string) =>
  Effect.flatMap(MemoryMailer, ({ received }) =>
    Effect.map(received, (mails) => mails.filter(({ to }) => to === email))
  )

/** A token for a new password, out of a letter. */
export const resetToken = (email: string, nth = 1) =>
  Effect.zipRight(
    ask("POST", "/auth/password/reset-request", { json: { email } }),
    tokenFor("reset password", email, nth)
  )

/** Uses a token for a new password. */
export const reset = (token: string, newPassword: string, parts: RequestParts = {}) =>
  ask("POST", "/auth/password/reset", { ...parts, json: { token, newPassword } })

/** Uses a token that proves a mailbox. */
export const verify = (token: string, parts: RequestParts = {}) =>
  ask("POST", "/auth/email/verify", { ...parts, json: { token } })

/** Changes the password of who has the token. */
export const changePassword = (
  token: string,
  currentPassword: string,
  newPassword: string,
  parts: RequestParts = {}
) =>
  ask("POST", "/auth/password/change", {
    ...parts,
    token,
    json: { currentPassword, newPassword }
  })
