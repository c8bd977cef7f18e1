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
export { AuthGroup, Credentials } from "./AuthGroup.ts"
export { type ClientOptions, client } from "./Client.ts"
export { DatabaseHealth, type DatabaseHealthOptions } from "./DatabaseHealth.ts"
export { Alive, DatabaseAvailable, DatabaseDown, PoolCounters, Ready } from "./Health.ts"
export { HealthGroup } from "./HealthGroup.ts"
export { decodeBody } from "./JsonBody.ts"
export { ListenError } from "./ListenError.ts"
export * as PwnedPasswords from "./PwnedPasswords.ts"
export { Readiness } from "./Readiness.ts"
export * as Routes from "./Routes.ts"
export { Server, type ServerOptions } from "./Server.ts"
export { SessionList, SessionsGroup } from "./SessionsGroup.ts"
export { CheckYourMail, SignedIn, SignedInAs } from "./SignedInAnswer.ts"
export { SignUpMode } from "./SignUpMode.ts"
