/** Instances of a service on one database. */
export interface Fleet {
  /** How many run at the same time. */
  readonly instances: number
  /**
   * How many more run while a new version takes the place of the old: as many again where all are
   * replaced at once, 1 where they are replaced one by one. Default: as many again.
   */
  readonly surge?: number
  /** The most connections of one instance's pool (`DB_POOL_MAX`). */
  readonly poolMax: number
  /** Whether an instance listens for notifications. Default false; the service itself does not. */
  readonly isListening?: boolean
}

/** What a server grants, as it says itself. A limit of -1 or absent is none. */
export interface ServerLimits {
  /** `max_connections`. */
  readonly maxConnections: number
  /** `superuser_reserved_connections`. */
  readonly superuserReserved: number
  /** `reserved_connections`: since PostgreSQL 16, 0 before. */
  readonly reserved?: number
  /** `pg_roles.rolconnlimit` of the role that connects. */
  readonly roleLimit?: number
  /** `pg_database.datconnlimit`. */
  readonly databaseLimit?: number
  /** Connections that others hold: dashboards, jobs, a provider's own. Default 0. */
  readonly others?: number
  /** Those of them that count towards `roleLimit`. Default 0. */
  readonly othersOfRole?: number
  /** Those of them that count towards `databaseLimit`. Default 0. */
  readonly othersOfDatabase?: number
}

/**
 * The most connections that one instance has at any moment: its pool; the one beside it, opened for
 * a question about a session that is silent or a COMMIT that was not answered; and one that listens,
 * if anything does. Requests to cancel a statement take a socket, but no place among the server's
 * connections.
 */
export const connectionsOf = ({ isListening = false, poolMax }: Fleet): number =>
  poolMax + 1 + (isListening ? 1 : 0)

const processesOf = ({ instances, surge = instances }: Fleet): number => instances + surge

/** The most connections that all instances have together, also while they are being replaced. */
export const demand = (fleet: Fleet): number => processesOf(fleet) * connectionsOf(fleet)

const left = (limit: number | undefined, taken = 0): number =>
  limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit - taken

/** How many connections a server has for the instances together. */
export const supply = (limits: ServerLimits): number => {
  const { databaseLimit, maxConnections, reserved = 0, roleLimit, superuserReserved } = limits
  const open = maxConnections - superuserReserved - reserved - (limits.others ?? 0)
  const ofRole = left(roleLimit, limits.othersOfRole)
  const ofDatabase = left(databaseLimit, limits.othersOfDatabase)
  return Math.max(0, Math.min(open, ofRole, ofDatabase))
}

/** The largest `poolMax` with which the demand is met; below 1 there is none. */
export const largestPool = (fleet: Fleet, limits: ServerLimits): number => {
  const besidePool = connectionsOf(fleet) - fleet.poolMax
  return Math.floor(supply(limits) / processesOf(fleet)) - besidePool
}
