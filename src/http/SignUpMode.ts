import { Context } from "effect"

/**
 * What a sign-up is answered: a user and a session at once, or nothing but that a letter decides.
 * The second tells nobody who has an account (OWASP ASVS 5.0, 6.3.8).
 */
export class SignUpMode extends Context.Reference<SignUpMode>()("holdfast/http/SignUpMode", {
  defaultValue: (): "immediate" | "verify-first" => "immediate"
}) {}
