import type { Backend } from "./Backend.ts"
import type { Incarnation } from "./Incarnation.ts"

/** A transaction's id, and the run of the server that gave it. */
export interface AssignedId {
  readonly xid: string
  /** By the server's clock, in seconds; not earlier than it was. */
  readonly assignedAt: number
  readonly incarnation: Incarnation
}

/**
 * The id of this session's transaction, if it has one, and what tells one run of the server from
 * another. Asking for the id assigns none, takes no snapshot behind a statement that took one, and
 * works on a standby. The statistics begin anew with each recovery, the start time with each start.
 */
export const idColumns = `pg_current_xact_id_if_assigned()::text,
  extract(epoch from pg_postmaster_start_time())::text,
  extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text,
  extract(epoch from clock_timestamp())::text`

/** Answered with the row that {@link TransactionId.learn} takes. */
export const idStatement = `SELECT ${idColumns}`

/**
 * The same behind a pooler, which gives each transaction another backend: that one's pid, and when its
 * transaction began, by which it is known from the side.
 */
export const pooledIdStatement = `${idStatement}, pg_backend_pid()::text,
  extract(epoch from transaction_timestamp())::text`

/** Commands that give a transaction no id, as their tags name them. */
const assignsNone = new Set([
  "BEGIN",
  "START",
  "SAVEPOINT",
  "RELEASE",
  "ROLLBACK",
  "SET",
  "RESET",
  "SHOW"
])

/** What is known of a transaction's id while the transaction runs. */
export class TransactionId {
  assigned: AssignedId | undefined
  /** What runs the transaction, where only the transaction can tell. */
  backend: Backend | undefined
  /** Something has run since the id was asked for. */
  private mayHaveOne = false

  /** Nobody knows whether it has an id: it has to be asked before COMMIT. */
  get isDoubtful(): boolean {
    return this.assigned === undefined && this.mayHaveOne
  }

  /** Takes the answer to {@link idStatement} or {@link pooledIdStatement}. */
  learn(row: ReadonlyArray<string | null>): void {
    const [xid, startedAt, statisticsSince, at, pid, since] = row
    this.mayHaveOne = false
    if (startedAt == null || statisticsSince == null) return
    const incarnation = { startedAt, statisticsSince }
    if (xid != null) this.assigned = { xid, assignedAt: Number(at), incarnation }
    if (pid != null && since != null) {
      this.backend = { pid, of: "transaction", since, incarnation, primaryOf: undefined }
    }
  }

  /** A statement has run behind which the id was not asked for. */
  ran(command: string): void {
    this.mayHaveOne ||= !assignsNone.has(command)
  }
}
