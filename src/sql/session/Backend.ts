import { type Incarnation, isSameIncarnation } from "./Incarnation.ts"

/** A process of the server, told apart from all others that have had its number. */
export interface Backend {
  readonly pid: string
  /** It is ours for as long as the session, or behind a pooler as the transaction in which it told. */
  readonly of: "session" | "transaction"
  /** When that session or transaction began, as the server writes it. */
  readonly since: string
  readonly incarnation: Incarnation
  /** The identifier of the system whose primary it belongs to; absent if it may be a standby's. */
  readonly primaryOf: string | undefined
}

/** A server, as far as a backend of one can be looked for on it. */
export type Home = Pick<Backend, "incarnation" | "primaryOf">

/** The backend belongs to this run of this server. */
export const isAtHome = (backend: Backend, home: Home): boolean =>
  isSameIncarnation(backend.incarnation, home.incarnation)

/**
 * The backend's server was restarted, or another one is the primary now: of one system there is only
 * one. A standby that is reached by the same name says nothing of its primary.
 */
export const isReplaced = (backend: Backend, home: Home): boolean =>
  !isAtHome(backend, home) &&
  backend.primaryOf !== undefined &&
  backend.primaryOf === home.primaryOf
