export { AccountGroup } from "./AccountGroup.ts"
export { Api } from "./Api.ts"
export {
  CrossOrigin,
  DeadlineExceeded,
  Draining,
  FieldIssue,
  InternalError,
  InvalidRequest,
  MethodNotAllowed,
  NotFound,
  PayloadTooLarge,
  UnsupportedMediaType
} from "./ApiError.ts"
export * as App from "./App.ts"
export { Authentication, BearerToken, CurrentSession, PresentedToken } from "./Authentication.ts"
export { AuthGroup } from "./AuthGroup.ts"
export { type ClientOptions, client } from "./Client.ts"
export { Alive, DatabaseDown, DatabaseUp, PoolCounters, Ready } from "./Health.ts"
export { HealthGroup } from "./HealthGroup.ts"
export { ListenError } from "./ListenError.ts"
export * as PwnedPasswords from "./PwnedPasswords.ts"
export { Readiness } from "./Readiness.ts"
export { RequestDeadlines } from "./RequestDeadlines.ts"
export * as Routes from "./Routes.ts"
export { sameOriginOnly } from "./SameOrigin.ts"
export { Server, type ServerOptions } from "./Server.ts"
export * as SessionAuthentication from "./SessionAuthentication.ts"
export { SessionList, SessionsGroup } from "./SessionsGroup.ts"
export { CheckYourMail, SignedIn, SignedInAs } from "./SignedInAnswer.ts"
export { SignUpMode } from "./SignUpMode.ts"
