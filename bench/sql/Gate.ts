import { Effect, identity, Redacted, type Scope } from "effect"
import * as pg from "pg"

const key = 389

/** Keeps a session busy with nothing while a gate is closed, and its caller waiting. */
export const passGate = `SELECT pg_advisory_xact_lock_shared(${key})`

/** Holds back all sessions that are to pass, without a word on the wire. */
export interface Gate {
  /** Lets everybody pass. */
  readonly open: Effect.Effect<void, unknown>
  /** Waits until so many sessions are held back. */
  readonly holding: (sessions: number) => Effect.Effect<void, unknown>
  /** Of all clients, the gate's own included. */
  readonly sessionCount: Effect.Effect<number, unknown>
}

const counted = "SELECT count(*)::int AS count FROM"
const held = `${counted} pg_locks WHERE locktype = 'advisory' AND NOT granted`
const sessions = `${counted} pg_stat_activity WHERE backend_type = 'client backend'`

/** Of a busy machine. */
const patience = "1 minute"

/** A gate that is closed, until it is opened or the scope closes. */
export const closedGate = (url: Redacted.Redacted): Effect.Effect<Gate, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new pg.Client({ connectionString: Redacted.value(url) })),
      (each) => Effect.promise(() => each.end())
    )
    const query = (text: string) =>
      Effect.tryPromise({ try: () => client.query<{ count: number }>(text), catch: identity })
    const count = (text: string) => Effect.map(query(text), ({ rows }) => rows[0]?.count ?? 0)
    yield* Effect.tryPromise({ try: () => client.connect(), catch: identity })
    yield* query(`SELECT pg_advisory_lock(${key})`)
    return {
      open: Effect.asVoid(query(`SELECT pg_advisory_unlock(${key})`)),
      holding: (wanted: number) =>
        Effect.sleep("20 millis").pipe(
          Effect.zipRight(count(held)),
          Effect.repeat({ until: (found) => found === wanted }),
          Effect.timeoutFail({
            duration: patience,
            onTimeout: () => new Error(`There never were ${wanted} connections`)
          }),
          Effect.asVoid
        ),
      sessionCount: count(sessions)
    }
  })
