/** The kinds of letters, as the table `outbox` names them. */
export type LetterPurpose =
  | "verify-email"
  | "change-email"
  | "email-change-asked"
  | "keep-email"
  | "email-changed"
  | "email-taken-back"
  | "reset-password"
  | "password-changed"
  | "sign-up"
  | "already-signed-up"
  | "account-deleted"
  | "address-taken"
