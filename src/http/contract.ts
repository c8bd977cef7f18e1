// All that a front end needs, and nothing that needs Node.js.
export {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  IdempotencyKeyReused,
  InvalidCredentials,
  SessionInvalid,
  Throttled,
  TokenInvalid,
  WrongPassword
} from "../auth/AuthError.ts"
export { Credentials } from "../auth/Credentials.ts"
export { Email } from "../auth/Email.ts"
export { Password } from "../auth/Password.ts"
export { Api } from "./Api.ts"
export {
  CrossOrigin,
  DeadlineExceeded,
  Draining,
  FieldIssue,
  InternalError,
  InvalidRequest,
  PayloadTooLarge,
  UnsupportedMediaType
} from "./ApiError.ts"
export { type ClientOptions, client } from "./Client.ts"
export { Alive, DatabaseDown, DatabaseUp, Ready } from "./Health.ts"
