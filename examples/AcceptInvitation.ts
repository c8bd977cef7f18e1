import { Context, Data, Effect, Layer, type ParseResult, Schema } from "effect"
import {
  Accounts,
  Email,
  type IdempotencyKeyReused,
  type InvalidCredentials,
  Outbox,
  Password,
  type PasswordRefused,
  Passwords,
  type RetryLater,
  type SignedIn,
  Throttle
} from "holdfast/auth"

// Sign-up as a part of something larger, without HTTP: someone is invited to a team and joins it.

/** No team has sent this invitation. */
export class InvitationUnknown extends Data.TaggedError("InvitationUnknown")<{
  readonly message: string
}> {}

/** The service of your own that sign-up is composed with. */
export class Invitations extends Context.Tag("example/Invitations")<
  Invitations,
  { readonly teamOf: (code: string) => Effect.Effect<string, InvitationUnknown> }
>() {}

/** What a guest fills in. Decoding it gives a canonical address and a redacted password. */
const Form = Schema.Struct({ code: Schema.String, email: Email, password: Password })

/** Someone who has joined, signed in. */
export interface Member extends SignedIn {
  readonly team: string
}

/** Everything that can go wrong, and nothing else: the compiler holds the effect to it. */
export type AcceptInvitationError =
  | ParseResult.ParseError
  | InvitationUnknown
  | InvalidCredentials
  | IdempotencyKeyReused
  | PasswordRefused
  | RetryLater

/**
 * Signs a guest up and into the team that invited them. Who has an account already is signed in to
 * it instead, which is why `EmailTaken` is not among the errors and `InvalidCredentials` is.
 */
export const acceptInvitation = (
  form: typeof Form.Encoded
): Effect.Effect<Member, AcceptInvitationError, Accounts | Invitations> =>
  Effect.gen(function* () {
    const { code, email, password } = yield* Schema.decode(Form)(form)
    const team = yield* Effect.flatMap(Invitations, (invitations) => invitations.teamOf(code))
    const accounts = yield* Accounts
    const signedIn = yield* accounts
      .signUp({ email, password })
      .pipe(Effect.catchTag("EmailTaken", () => accounts.signIn({ email, password })))
    return { ...signedIn, team }
  })

/** Accounts for it, over the `SqlClient` of holdfast's `PgClient.layer` or `layerConfig`. */
export const accounts = Accounts.layer().pipe(
  Layer.provide([Passwords.layer(), Throttle.layer(), Outbox.off])
)
