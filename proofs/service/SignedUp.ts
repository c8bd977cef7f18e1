import { Effect, Schema } from "effect"

/** Of the answer to a sign-up or a sign-in, what proofs look at. */
export const SignedUp = Schema.parseJson(
  Schema.Struct({
    user: Schema.Struct({ id: Schema.String }),
    session: Schema.Struct({ sessionToken: Schema.String })
  })
)

/** The session's token in the text of such an answer. */
export const sessionTokenIn = (text: string) =>
  Effect.map(Schema.decodeUnknown(SignedUp)(text), ({ session }) => session.sessionToken)
