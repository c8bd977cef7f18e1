import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Session } from "../auth/Session.ts"
import { User } from "../auth/User.ts"

/** The answer to a sign-up or sign-in. The token is shown this once: only its digest is stored. */
export const SignedIn = Schema.Struct({
  user: User,
  session: Schema.Struct({
    ...Session.fields,
    sessionToken: Schema.optionalWith(
      Schema.Redacted(Schema.String).annotations({
        description:
          "The session's secret, to be sent as `Authorization: Bearer`. Shown this once; absent when it is in the cookie."
      }),
      { exact: true }
    )
  })
}).annotations({
  identifier: "SignedIn",
  title: "Signed in",
  description: "A user and the session that was begun for them, with its token."
})

/** The answer to who is signed in: no token in it. */
export const SignedInAs = Schema.Struct({ user: User, session: Session }).annotations({
  identifier: "SignedInAs",
  title: "Signed in as",
  description: "The user and session that the token belongs to."
})

/** The answer to a sign-up that a letter decides: the same for everybody. 202 */
export const CheckYourMail = Schema.Struct({
  status: Schema.Literal("check-your-mail")
}).annotations({
  identifier: "CheckYourMail",
  title: "Check your mail",
  description: "A letter is on its way. Its link makes the account, unless there is one already.",
  ...HttpApiSchema.annotations({ status: 202 })
})
