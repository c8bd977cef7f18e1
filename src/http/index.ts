export { Api, AuthGroup, Credentials, HealthGroup, SignedIn, SignedInAs } from "./Api.ts"
export {
  CrossOrigin,
  DeadlineExceeded,
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
export { type ClientOptions, client } from "./Client.ts"
export { DatabaseHealth, type DatabaseHealthOptions } from "./DatabaseHealth.ts"
export { Alive, DatabaseAvailable, DatabaseDown, PoolCounters } from "./Health.ts"
export { decodeBody } from "./JsonBody.ts"
export { ListenError } from "./ListenError.ts"
export * as PwnedPasswords from "./PwnedPasswords.ts"
export * as Routes from "./Routes.ts"
export { Server, type ServerOptions } from "./Server.ts"
