import { Duration } from "effect"
import {
  demand,
  type Fleet,
  largestPool,
  type ServerLimits,
  supply
} from "../../sql/ConnectionBudget.ts"
import { type Finding, ok, problem, warning } from "./Finding.ts"
import { spoken } from "./judgePath.ts"
import type { ServerFacts } from "./ServerFacts.ts"

/** The pool's settings that are compared with the server's. */
export interface PoolSettings {
  readonly maxConnections: number
  readonly idleTimeout: Duration.Duration
}

/** The limits, and what others have taken of each. `fleet`: sessions that are not of others. */
const limitsOf = (facts: ServerFacts, fleet: number): ServerLimits => {
  const { all, database, role } = facts.inUse
  return {
    ...facts,
    others: all - fleet,
    othersOfRole: role - fleet,
    othersOfDatabase: database - fleet
  }
}

const limitWords = ({
  databaseLimit,
  inUse,
  maxConnections,
  reserved,
  roleLimit,
  superuserReserved
}: ServerFacts) =>
  [
    `max_connections ${maxConnections}`,
    `${superuserReserved + reserved} reserved`,
    ...(roleLimit >= 0 ? [`${roleLimit} for this role (${inUse.role} taken)`] : []),
    ...(databaseLimit >= 0 ? [`${databaseLimit} for this database (${inUse.database} taken)`] : [])
  ].join(", ")

/** What the server has, and who has it now. */
export const judgeRoom = (facts: ServerFacts): Finding => {
  const { all, fleet } = facts.inUse
  const ours = fleet > 0 ? `, ${fleet} of them by this service` : ""
  const seen = `${limitWords(facts)}; ${all} in use now beside this check's${ours}`
  const left = supply(limitsOf(facts, 0))
  return left < 2
    ? problem("Connections", seen, "End sessions that nobody needs: hardly one is left.")
    : ok("Connections", seen)
}

const arithmetic = ({ instances, poolMax }: Fleet): string =>
  `${instances} instance${instances === 1 ? "" : "s"} x (DB_POOL_MAX ${poolMax} + 1 beside the pool)`

/**
 * Whether the instances fit, also while they are replaced. Those that run already are among them and
 * count once. Behind a pooler its own limits count.
 */
export const judgeFleet = (
  facts: ServerFacts,
  {
    instances,
    isPooled,
    pool
  }: {
    readonly instances: number
    readonly isPooled: boolean
    readonly pool: PoolSettings
  }
): Finding => {
  const name = "Arithmetic"
  const fleet: Fleet = { instances, poolMax: pool.maxConnections, surge: 0 }
  const replaced: Fleet = { ...fleet, surge: instances }
  const limits = limitsOf(facts, facts.inUse.fleet)
  const has = supply(limits)
  const seen = `${arithmetic(fleet)} = ${demand(fleet)}, of ${has} that others leave`
  if (isPooled) {
    return ok(
      name,
      `${arithmetic(fleet)} = ${demand(fleet)} clients of the pooler, whose own limits count`
    )
  }
  const most = largestPool(replaced, limits)
  const advice =
    most < 1
      ? "Run fewer instances, raise max_connections, or use a pooler."
      : `Set DB_POOL_MAX to ${most} or less, raise max_connections, or use a pooler.`
  if (demand(fleet) > has) return warning(name, seen, advice)
  return demand(replaced) > has
    ? warning(name, `${seen}, and twice as many while a deployment replaces them all`, advice)
    : ok(name, `${seen}, also twice over while a deployment replaces them`)
}

const millis = (value: number): string => spoken(Duration.millis(value))

/** When the server ends sessions that do nothing, against when the pool lets go of them. */
export const judgeIdle = (
  { idleSessionTimeout: limit }: ServerFacts,
  { idleTimeout }: PoolSettings
): Finding => {
  const name = "Idle sessions"
  if (limit === 0) return ok(name, "not ended by a setting of the server's (idle_session_timeout)")
  return limit <= Duration.toMillis(idleTimeout)
    ? warning(
        name,
        `ended by the server after ${millis(limit)}, kept by the pool for ${spoken(idleTimeout)}`,
        "Set DB_IDLE_TIMEOUT below it: the pool survives that, and finds its connections dead each time."
      )
    : ok(name, `ended by the server after ${millis(limit)}, by the pool sooner`)
}

/** When transactions are ended whose client does nothing: a lost one holds its locks until then. */
export const judgeAbandoned = (
  { idleInTransactionTimeout: limit, keepalivesIdle }: ServerFacts,
  isProxied: boolean
): Finding => {
  const name = "Lost transactions"
  if (limit > 0) {
    return limit < 5_000
      ? warning(
          name,
          `ended after ${millis(limit)} without a statement`,
          "Allow some seconds: a busy service may pause that long within a transaction."
        )
      : ok(name, `ended after ${millis(limit)} without a statement`)
  }
  return isProxied
    ? warning(
        name,
        `hold their locks until TCP notices (first probe after ${keepalivesIdle} s)`,
        "Set idle_in_transaction_session_timeout for this role, such as 60 s: a pooler in between hides that a client is gone."
      )
    : ok(
        name,
        "ended within 66 s: each session asks the server to look whether its client is there"
      )
}

/** What the service gives a statement that may be run again (`auth/IdempotentStatement.ts`). */
const ownLimit = 5_000

/** Whether the server ends statements sooner than the service does. */
export const judgeStatements = ({ statementTimeout: limit }: ServerFacts): Finding => {
  const name = "Statements"
  if (limit === 0) return ok(name, "not limited by the server (statement_timeout)")
  return limit < ownLimit
    ? warning(
        name,
        `ended by the server after ${millis(limit)}`,
        "Raise statement_timeout for this role to 5 s or more: a database that is waking up needs it."
      )
    : ok(name, `ended by the server after ${millis(limit)}`)
}
