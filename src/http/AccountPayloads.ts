import { Schema } from "effect"
import { Email } from "../auth/Email.ts"
import { Password } from "../auth/Password.ts"

/** The secret of a letter. Whether it can be one is found out with everything else about it. */
const Token = Schema.Redacted(
  Schema.String.annotations({
    message: () => "must be a string",
    jsonSchema: {
      type: "string",
      description: "The token of a letter: what its link has after `#token=`."
    }
  })
)

/** A new password, and the one it replaces. */
export const ChangePassword = Schema.Struct({
  currentPassword: Password,
  newPassword: Password
}).annotations({
  identifier: "ChangePassword",
  title: "Change password",
  description: "The current password and the new one."
})

/** Whose password was forgotten. */
export const ResetRequest = Schema.Struct({ email: Email }).annotations({
  identifier: "ResetRequest",
  title: "Reset request",
  description: "The address of an account. Whether it has one is told to nobody but its owner."
})

/** A new password, for whoever has the letter. */
export const ResetPassword = Schema.Struct({ token: Token, newPassword: Password }).annotations({
  identifier: "ResetPassword",
  title: "Reset password",
  description: "The token of the letter and the new password."
})

/** Proof that a mailbox is theirs: of a sign-up, or of a new address. */
export const VerifyEmail = Schema.Struct({ token: Token }).annotations({
  identifier: "VerifyEmail",
  title: "Verify e-mail",
  description: "The token of the letter."
})

/** The address that an account is to have, and the password that says so. */
export const ChangeEmail = Schema.Struct({ newEmail: Email, password: Password }).annotations({
  identifier: "ChangeEmail",
  title: "Change e-mail",
  description: "The new address and the account's password."
})

/** The password of an account that is to be no more. */
export const DeleteAccount = Schema.Struct({ password: Password }).annotations({
  identifier: "DeleteAccount",
  title: "Delete account",
  description: "The account's password."
})
