import type { SchemaState } from "../../sql/schema/SchemaState.ts"
import { titleOf } from "../../sql/schema/SchemaState.ts"
import { type Finding, ok, problem, warning } from "./Finding.ts"
import type { ServerFacts } from "./ServerFacts.ts"

/** All that is tested against, and the oldest of which everything that the client asks is known. */
const supported = { oldest: 13, tested: 18 }

/** The version against those that are supported. */
export const judgeVersion = ({ version, versionNumber }: ServerFacts): Finding => {
  const major = Math.floor(versionNumber / 10_000)
  const seen = `PostgreSQL ${version}`
  if (major < supported.oldest) {
    return problem("Version", seen, `Upgrade to PostgreSQL ${supported.oldest} or later.`)
  }
  return major > supported.tested
    ? warning(
        "Version",
        seen,
        `Look for a later holdfast: this one was tested up to ${supported.tested}.`
      )
    : ok("Version", seen)
}

/** Whether it takes what is written. */
export const judgeWriting = ({ isReadOnly, isStandby }: ServerFacts): Finding => {
  if (isStandby) {
    return problem(
      "Writing",
      "this is a standby, which takes no writes",
      "Use the address of the primary."
    )
  }
  return isReadOnly
    ? problem(
        "Writing",
        "new transactions are read-only here (default_transaction_read_only)",
        "Turn that off for this role or database; some providers turn it on when the disk is full."
      )
    : ok("Writing", "a primary, which takes writes")
}

const mayMigrate = ({ mayCreate, schema }: ServerFacts): boolean =>
  mayCreate && schema !== undefined

/** Whether the role may do what the service and its migrations do. */
export const judgePermissions = (facts: ServerFacts, { pending }: SchemaState): Finding => {
  const { isSuperuser, schema, unusable, user } = facts
  const name = "Permissions"
  if (unusable.length > 0) {
    const tables = unusable.join(", ")
    return problem(
      name,
      `${user} may not use ${tables} in full`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO ${user}.`
    )
  }
  if (schema === undefined) {
    return problem(
      name,
      "the search path names no schema",
      "Set search_path, or CREATE SCHEMA public."
    )
  }
  if (!mayMigrate(facts)) {
    const seen = `${user} may not create tables in schema ${schema}`
    return pending.length === 0
      ? ok(name, `${seen}, and need not: nothing is to be migrated`)
      : problem(name, seen, "Let the owner run `holdfast migrate`, or GRANT CREATE on the schema.")
  }
  return isSuperuser
    ? warning(
        name,
        `${user} is a superuser`,
        "Give the service a role of its own: a superuser takes the last connections, which are there to mend things."
      )
    : ok(name, `${user} may create tables in schema ${schema} and use its own`)
}

/** Whether a silent session can be looked at, and a lost COMMIT be found out about. */
export const judgeSight = ({ mayIdentify, tracksActivity }: ServerFacts): Finding => {
  if (!tracksActivity) {
    return warning(
      "Sight",
      "the server does not track what its sessions do (track_activities)",
      "Turn it on, or a statement that the network has swallowed can't be told from a slow one."
    )
  }
  return mayIdentify
    ? ok("Sight", "a silent session can be looked at, and a lost COMMIT found out about")
    : warning(
        "Sight",
        "this role may not ask which server it is on",
        "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint(), or the outcome of some lost COMMITs stays unknown."
      )
}

/** Whether the schema is that of this version. */
export const judgeSchema = ({ isComplete, journal, newer, pending }: SchemaState): Finding => {
  const name = "Migrations"
  if (newer.length > 0) {
    const titles = newer.map(titleOf).join(", ")
    return warning(
      name,
      `a later version of holdfast has been here (${titles})`,
      "Run that version soon: this one goes on with it, because migrations only add."
    )
  }
  if (journal !== "read" && isComplete) {
    return warning(
      name,
      "the tables are there, but not which migrations made them, as far as this role can see",
      "Let the owner of the tables run `holdfast migrate` once, and GRANT SELECT on holdfast_migrations."
    )
  }
  return pending.length === 0
    ? ok(name, "up to date")
    : warning(
        name,
        `${pending.length} pending (${pending.map(titleOf).join(", ")})`,
        "Run `holdfast migrate`; the service does so itself at its start unless DB_MIGRATE is off."
      )
}
